// Adding up gradients in both worlds.
#include <reel/autodiff/rule.h>

#include <reel/autodiff/column_product.h>
#include <reel/autodiff/gemm.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

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

// A handle to g, what the rule holds or an input, if these numbers are one of them and stay as they
// are: what has notes may be a parameter, which a step changes.
SharedTensor TensorSink::kept(const Tensor& x) const {
  if (&x == &*g_) return g_;
  for (std::size_t i = 0; i < held_count_; ++i)
    if (&x == &*held_[i]) return held_[i];
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (&x == &*inputs_[i].value && !inputs_[i].value.has_notes())
      return TensorInputs(inputs_, tape_).shared(i);
  return {};
}

// Where a product by input i may be left for later, or null.
LazyProduct* TensorSink::room_for_product(std::size_t i) const {
  const std::uint32_t node = inputs_[i].node;
  if (!gradients_.products_from_first || tape_.node(node).code) return nullptr;
  LazyProduct& product = gradients_.products_from_first[node - gradients_.first];
  return product ? nullptr : &product;
}

// Whether the product is left for later: where there is room for it, if its factors can be kept
// and have fewer numbers.
bool TensorSink::leave_product(std::size_t i, const Tensor& a, bool transpose_a, const Tensor& b,
                               bool transpose_b) {
  LazyProduct* const room = room_for_product(i);
  if (!room || a.size() == 0 || a.dimension() != 2 || b.dimension() != 2 ||
      a.size() + b.size() >= element_count(shape(i)))
    return false;
  LazyProduct left{kept(a), kept(b), transpose_a, transpose_b};
  if (!left.a || !left.b || left.shape() != shape(i)) return false;
  *room = std::move(left);
  return true;
}

void TensorSink::add_matmul(std::size_t i, const Tensor& a, bool transpose_a, const Tensor& b,
                            bool transpose_b) {
  if (!wants(i) || leave_product(i, a, transpose_a, b, transpose_b)) return;
  SharedTensor& sum = slot(i);
  const bool in_place = a.dimension() == 2 && b.dimension() == 2 &&
                        shape(i) == Shape{a.shape()[transpose_a], b.shape()[!transpose_b]};
  if (!in_place || (sum && !sum.unique())) return add(i, matmul(a, transpose_a, b, transpose_b));
  const bool first = !sum;
  if (first) sum = SharedTensor::of_shape(shape(i));
  gemm(a, transpose_a, b, transpose_b, first ? 0 : 1, sum.mutate());
}

void TensorSink::add_column_product(std::size_t i, const Tensor& g, ColumnProduct& x,
                                    Share samples) {
  if (!wants(i)) return;
  LazyProduct* const room = room_for_product(i);
  SharedTensor handle = room ? kept(g) : SharedTensor();
  if (!handle) return add_matmul(i, g, true, x.whole(samples), false);
  x.set_gradient(samples, g);
  *room = {std::move(handle), {}, true, false, &x, samples};
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

void VarSink::add_column_product(std::size_t i, const Var& g, ColumnProduct& x, Share samples) {
  add_matmul(i, g, true, x.whole(samples), false);
}

}  // namespace reel::inline REEL_PRECISION
