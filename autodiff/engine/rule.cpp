// The sinks add up gradients, with tensors and with variables.
#include <reel/autodiff/engine/rule.h>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/tensor/gemm.h>

namespace reel::inline REEL_PRECISION {

const SharedTensor& TensorInputs::shared(std::size_t i) const {
  const Input& in = inputs_[i];
  return in.node == Input::constant ? in.value : tape_.node(in.node).value;
}

Var VarInputs::operator[](std::size_t i) const {
  const Input& in = inputs_[i];
  return in.node == Input::constant ? Var(in.value) : tape_.var(in.node);
}

void TensorSink::add_elementwise(std::size_t i, const detail::Elementwise& e) {
  SharedTensor& sum = slot(i);
  if (!sum) {
    sum = SharedTensor::of_shape(shape(i));
    return detail::assign(sum.mutate(), e);
  }
  if (!sum.unique()) sum = SharedTensor(*sum);
  detail::add(sum.mutate(), e);
}

void TensorSink::add_tensor(std::size_t i, const Tensor& e) {
  SharedTensor& sum = slot(i);
  if (!detail::same(e.shape(), shape(i))) {
    SharedTensor part = SharedTensor::of_shape(shape(i));
    sum_to(e, part.mutate());
    if (!sum) return void(sum = std::move(part));
    return add_tensor(i, *part);
  }
  if (!sum) {
    const bool passes_through = &e == &*g_;
    return void(sum = passes_through ? g_ : SharedTensor(e));
  }
  if (!sum.unique()) sum = SharedTensor(*sum);
  add_to(sum.mutate(), e);
}

void TensorSink::add_tensor(std::size_t i, Tensor&& e) {
  SharedTensor& sum = slot(i);
  if (!sum && detail::same(e.shape(), shape(i))) return void(sum = SharedTensor(std::move(e)));
  add_tensor(i, e);
}

void TensorSink::add_matmul(std::size_t i, const Tensor& a, bool transpose_a, const Tensor& b,
                            bool transpose_b) {
  if (!wants(i)) return;
  SharedTensor& sum = slot(i);
  const bool in_place = a.dimension() == 2 && b.dimension() == 2 &&
                        shape(i) == Shape{a.shape()[transpose_a], b.shape()[!transpose_b]};
  if (!in_place || (sum && !sum.unique())) return add(i, matmul(a, transpose_a, b, transpose_b));
  const bool first = !sum;
  if (first) sum = SharedTensor::of_shape(shape(i));
  gemm(a, transpose_a, b, transpose_b, first ? 0 : 1, sum.mutate());
}

void VarSink::add(std::size_t i, const Var& e) {
  if (!wants(i)) return;
  const Var fitting = e.shape() == shape(i) ? e : sum_to(e, shape(i));
  Var& sum = slot(i);
  sum = sum ? sum + fitting : fitting;
}

void VarSink::add_matmul(std::size_t i, const Var& a, bool transpose_a, const Var& b,
                         bool transpose_b) {
  if (wants(i)) add(i, matmul(a, transpose_a, b, transpose_b));
}

}  // namespace reel::inline REEL_PRECISION
