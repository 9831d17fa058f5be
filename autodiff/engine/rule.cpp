// The sinks add up gradients, with tensors and with variables.
#include <reel/autodiff/engine/rule.h>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
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

void TensorSink::add_broadcast(std::size_t i, const Tensor& e) {
  SharedTensor part = SharedTensor::of_shape(shape(i));
  sum_to(e, part.mutate());
  if (SharedTensor& sum = slot(i))
    add(i, *part);
  else
    sum = std::move(part);
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
