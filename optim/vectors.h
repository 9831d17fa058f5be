// Vector operations for searches, on tensors of the same shape: products, sums and lengths.
#pragma once

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// Σ aᵢbᵢ, summed in double.
double inner(const Tensor& a, const Tensor& b);
/// √Σ aᵢ²
double length_of(const Tensor& a);
/// a + t·b
Tensor along(const Tensor& a, double t, const Tensor& b);
/// a += t·b
void add_to(Tensor& a, double t, const Tensor& b);
bool all_finite(const Tensor& a);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
