// Computes the value of an operation on two operands that broadcast against each other.
#pragma once

#include <reel/autodiff/tensor/kernels.h>
#include <reel/autodiff/tensor/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

/// f(x, y), where f is elementwise and can broadcast. A single number is first repeated to a full
/// tensor, because broadcasting it in xtensor is slow.
template <class F>
SharedTensor broadcast(const char* operation, const Tensor& x, const Tensor& y, F&& f) {
  if (detail::same(x.shape(), y.shape())) return f(x, y);
  const Shape shape = broadcast_shape(x.shape(), y.shape(), operation);
  if (y.size() == 1 && shape == x.shape()) return f(x, full(shape, *y.data()));
  if (x.size() == 1 && shape == y.shape()) return f(full(shape, *x.data()), y);
  return f(x, y);
}

}  // namespace reel::inline REEL_PRECISION
