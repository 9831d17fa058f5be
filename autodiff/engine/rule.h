// The arguments of a derivative rule.
//
// A rule is one generic lambda, [](auto& d, auto& g, auto in, auto& y) { … }. Here y = f(in[0], …),
// and g is the gradient with respect to y. The rule passes the gradient with respect to each input
// to the sink `d`. The compiler instantiates the rule twice. With tensors, its arithmetic makes
// lazy xtensor expressions; `d` evaluates each in one pass and adds it to the input's gradient.
// With variables, the same arithmetic records new operations, which can be differentiated again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {

class Tape;

/// An input of a recorded operation: its value, its node on the tape, and the version of the value.
struct Input {
  /// The node of an input that is not on the tape.
  static constexpr std::uint32_t constant = std::numeric_limits<std::uint32_t>::max();

  SharedTensor value;     ///< owns a constant; else the input's node owns it
  std::uint32_t node;     ///< `constant`: not on the tape
  std::uint32_t version;  ///< of the value, when it was recorded
};

/// The inputs of one operation.
using InputList = std::span<const Input>;

/// The numbers of a gradient, an input or a value, given as a tensor or as a variable.
inline const Tensor& value_of(const Tensor& x) { return x; }
inline const Tensor& value_of(const SharedTensor& x) { return *x; }
inline const Tensor& value_of(const Var& x) { return x.value(); }

/// The argument `in` of a rule, on the way to a plain gradient: the inputs as tensors.
class TensorInputs {
 public:
  /// The inputs of an operation on this tape.
  TensorInputs(InputList inputs, const Tape& tape) : inputs_(inputs), tape_(tape) {}
  /// The value of input i.
  const Tensor& operator[](std::size_t i) const { return *inputs_[i].value; }
  /// A handle that may outlive the tape.
  const SharedTensor& shared(std::size_t i) const;
  /// The number of inputs.
  std::size_t size() const { return inputs_.size(); }

 private:
  InputList inputs_;
  const Tape& tape_;
};

/// The argument `in` of a rule whose computation is recorded: the inputs as variables.
class VarInputs {
 public:
  /// The inputs of an operation on this tape.
  VarInputs(InputList inputs, const Tape& tape) : inputs_(inputs), tape_(tape) {}
  /// Input i.
  Var operator[](std::size_t i) const;
  /// The number of inputs.
  std::size_t size() const { return inputs_.size(); }

 private:
  InputList inputs_;
  const Tape& tape_;
};

/// The gradients of a sweep: one slot for each node from `first` on, empty until the node receives
/// a gradient. `asked(node)` tells whether the sweep needs the gradient of that node.
template <class Gradient>
struct Gradients {
  Gradient* from_first;                            ///< the slot of node `first`
  const std::uint8_t* asked_from_first = nullptr;  ///< null: all are needed
  std::uint32_t first = 0;                         ///< the first node of the sweep

  /// The gradient with respect to a node's value.
  Gradient& operator[](std::uint32_t node) const { return from_first[node - first]; }
  /// Whether the sweep needs the gradient of this node.
  bool asked(std::uint32_t node) const {
    return node != Input::constant && node >= first &&
           (!asked_from_first || asked_from_first[node - first]);
  }
};

/// The sink `d`: receives the gradients with respect to the inputs of one operation. If an input
/// was broadcast, the sink sums the gradient to the input's shape.
template <class Gradient>
class SinkBase {
 public:
  /// The sink of one operation.
  SinkBase(InputList inputs, const Gradients<Gradient>& gradients)
      : inputs_(inputs), gradients_(gradients) {}

  /// Whether the sweep needs the gradient with respect to input i; if not, a rule may skip it.
  bool wants(std::size_t i) const { return gradients_.asked(inputs_[i].node); }

 protected:
  /// The gradient of input i.
  Gradient& slot(std::size_t i) const { return gradients_[inputs_[i].node]; }
  /// The shape of input i.
  const Shape& shape(std::size_t i) const { return inputs_[i].value->shape(); }

  InputList inputs_;               ///< the inputs of the operation
  Gradients<Gradient> gradients_;  ///< all gradients of the sweep
};

/// The sink on the way to a plain gradient: it receives tensors and lazy expressions.
class TensorSink : public SinkBase<SharedTensor> {
 public:
  /// The sink of one operation, whose value has the gradient g.
  TensorSink(InputList inputs, const Gradients<SharedTensor>& gradients, const SharedTensor& g)
      : SinkBase(inputs, gradients), g_(g) {}

  /// Adds e, a tensor or a lazy expression, to the gradient with respect to input i. If e has a
  /// shape that input i was broadcast to, e is summed to the input's shape.
  template <class E>
  void add(std::size_t i, E&& e) {
    if (!wants(i)) return;
    if constexpr (detail::is_function<std::remove_cvref_t<E>>) {
      const Shape* expected = &shape(i);
      if (detail::agree(expected, e)) return add_elementwise(i, detail::Elementwise(e));
    }
    if constexpr (std::is_same_v<std::remove_cvref_t<E>, Tensor>)
      add_tensor(i, std::forward<E>(e));
    else
      add_tensor(i, evaluate(std::forward<E>(e)));
  }

  /// Adds op(a)·op(b); see gemm.
  void add_matmul(std::size_t i, const Tensor& a, bool transpose_a, const Tensor& b,
                  bool transpose_b);

  /// The value of e, computed once, for a rule that uses it several times. It lasts until the rule
  /// ends. Throws Error at the fifth call in a rule.
  template <class E>
  const Tensor& materialise(E&& e) {
    if (materialised_count_ == std::size(materialised_))
      fail_usage("materialise", "a rule asks for too many tensors.");
    SharedTensor& value = materialised_[materialised_count_++];
    value = std::forward<E>(e);
    return *value;
  }

  /// A tensor that the rule captured, as a constant in its arithmetic.
  static const Tensor& constant(const SharedTensor& captured) { return *captured; }
  /// A value that the forward pass saved. VarSink calls `recompute()` instead, which records the
  /// computation, so that the value can be differentiated too.
  template <class F>
  static const Tensor& saved(const SharedTensor& value, F&&) {
    return *value;
  }
  /// A gradient with one element, as a factor.
  static Real factor(const Tensor& g) { return item(g); }

 private:
  void add_elementwise(std::size_t i, const detail::Elementwise& e);
  void add_tensor(std::size_t i, const Tensor& e);
  void add_tensor(std::size_t i, Tensor&& e);

  const SharedTensor& g_;
  SharedTensor materialised_[4];
  std::size_t materialised_count_ = 0;
};

/// The sink of a computation that is recorded: it receives variables. See TensorSink.
class VarSink : public SinkBase<Var> {
 public:
  /// The sink of one operation.
  using SinkBase::SinkBase;

  /// Adds e to the gradient with respect to input i, summed to the input's shape.
  void add(std::size_t i, const Var& e);
  /// Adds op(a)·op(b); see matmul.
  void add_matmul(std::size_t i, const Var& a, bool transpose_a, const Var& b, bool transpose_b);

  /// A variable is computed already.
  static Var materialise(Var e) { return e; }
  /// A tensor that the rule captured, as a constant.
  static Var constant(const SharedTensor& captured) { return captured; }
  /// Records the computation again, so that the value can be differentiated.
  template <class F>
  static Var saved(const SharedTensor&, F&& recompute) {
    return recompute();
  }
  /// A gradient with one element, as a factor.
  static const Var& factor(const Var& g) { return g; }
};

/// A rule with its type erased, as the tape stores it.
struct RuleCode {
  /// Calls the rule with tensors.
  void (*with_tensors)(const void* rule, TensorSink& d, const Tensor& g, TensorInputs in,
                       const Tensor& y);
  /// Calls the rule with variables.
  void (*with_vars)(const void* rule, VarSink& d, const Var& g, VarInputs in, const Var& y);
  void (*destroy)(void* rule) noexcept;  ///< ends the rule's lifetime
};

/// The code of one type of rule.
template <class Rule>
inline constexpr RuleCode rule_code = {
    [](const void* rule, TensorSink& d, const Tensor& g, TensorInputs in, const Tensor& y) {
      (*static_cast<const Rule*>(rule))(d, g, in, y);
    },
    [](const void* rule, VarSink& d, const Var& g, VarInputs in, const Var& y) {
      (*static_cast<const Rule*>(rule))(d, g, in, y);
    },
    [](void* rule) noexcept { static_cast<Rule*>(rule)->~Rule(); }};

}  // namespace reel::inline REEL_PRECISION
