// Tape: records a computation; `record` appends an operation to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/pool.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/engine/rule.h>
#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// An argument of `record`: refers to a Var during the call. Throws Error if the Var is empty.
struct Operand {
  /// Throws Error if the Var is empty.
  Operand(const Var& v) : var(&v) { static_cast<void>(v.value()); }  // NOLINT: implicit on purpose
  const Var* var;                                                    ///< the variable, not null
};

/// The size of a tape: the number of nodes, and the bytes of nodes, rules, values and inputs.
/// Tensors that a rule has captured are not counted.
struct TapeMemory {
  std::size_t nodes, bytes;  ///< how many operations and leaves, and how many bytes they take
};

class RecordOn;

/// A recording scope. While a tape is alive, it appends each operation of its thread whose inputs
/// need a gradient. An operation comes after its inputs, so a backward pass is one loop from the
/// end. Tapes nest: only the innermost one records. While no tape is alive, nothing is recorded. A
/// tape belongs to the thread that made it, and must end there; otherwise it ends the program.
class Tape {
 public:
  /// One recorded operation, or a leaf, which has no rule.
  struct Node {
    const char* operation;  ///< its name, as given to `record`
    const char* scope;      ///< the path of the part of the model that recorded it; null if none
    const RuleCode* code;   ///< the code of the rule; null for a leaf
    void* rule;             ///< the rule; null for a leaf
    Input* inputs;          ///< the first input
    std::uint32_t input_count;  ///< how many inputs it has
    SharedTensor value;         ///< the result

    /// All inputs.
    InputList input_list() const { return {inputs, input_count}; }
  };

  [[nodiscard]] Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// The tape that records the operations of this thread; null if there is none.
  static Tape* recording() noexcept { return recording_; }
  /// The innermost tape alive on this thread, recording or suspended; null if there is none.
  static Tape* innermost() noexcept { return innermost_; }
  /// A variable to differentiate with respect to; it lasts as long as this tape. Throws Error if
  /// this tape is not the innermost.
  Var variable(SharedTensor value, std::string name = {});

  /// Computes the gradients of a scalar loss with respect to all parameters that it depends on.
  /// When all are known, adds them to the parameters' gradients. Does not change the tape. Throws
  /// Error if the loss is not a scalar or is not on this tape, if a value was changed after it was
  /// recorded, or on another thread. Warns (core/warning.h) if the tape has grown in ten
  /// consecutive calls, if no optimiser uses the gradient of a parameter, and if an observer of
  /// another thread does not see this one.
  void backward(const Var& loss);
  /// A number that no other tape has.
  std::uint64_t id() const noexcept { return id_; }
  /// The number of operations and leaves recorded so far.
  std::size_t size() const noexcept;
  /// Node i, from 0.
  const Node& node(std::size_t i) const;
  /// The nodes and bytes that this tape keeps alive.
  TapeMemory memory() const;
  /// The leaf nodes of the parameters that were used so far.
  std::span<const std::uint32_t> parameter_nodes() const noexcept;
  /// These parameters, as variables that belong to no tape yet.
  std::vector<Var> parameters() const;

  /// The node of v on this tape; Input::constant if v has none. Throws Error, in the name of
  /// `operation`, if v belongs to another tape.
  std::uint32_t node_of(const Var& v, const char* operation);
  /// Node i as a variable.
  Var var(std::uint32_t i) const { return {node(i).value, id_, i}; }

  /// Appends an operation if an input needs a gradient; then y is on the tape. See `record`.
  template <class Rule>
  void append(const char* operation, std::span<const Operand> inputs, Var& y, Rule&& rule) {
    static_assert(alignof(Rule) <= alignof(std::max_align_t));
    Node* node = append_node(operation, inputs, y, sizeof(Rule));
    if (!node) return;
    ::new (node->rule) Rule(std::move(rule));
    node->code = &rule_code<Rule>;
  }

 private:
  friend class RecordOn;
  struct Storage;

  // Null if no input needs a gradient. Otherwise y is on the tape, and memory for the rule is
  // reserved.
  Node* append_node(const char* operation, std::span<const Operand> inputs, Var& y,
                    std::size_t rule_bytes);
  std::uint32_t append_leaf(SharedTensor value);
  std::uint32_t append_parameter(std::uint32_t& entry, SharedTensor value);
  void expect_own_thread(const char* operation) const;
  void watch_growth();

  static constinit thread_local Tape* innermost_;  // the youngest tape of the thread
  static constinit thread_local Tape* recording_;  // the tape that records; null within NoTape

  Pooled<Storage> storage_;  // its memory may come from tapes that have ended
  std::uint64_t id_;
  Tape** thread_ = &innermost_;  // the variable of the thread that made this tape
  Tape* outer_;                  // `innermost_` before this tape
  Tape* recording_before_;       // `recording_` before this tape
};

/// While it is alive, this thread records on the given tape, or on none if it is null.
class RecordOn {
 public:
  /// Records on `tape` from now on.
  [[nodiscard]] explicit RecordOn(Tape* tape) noexcept
      : before_(std::exchange(Tape::recording_, tape)), outer_(std::exchange(innermost_, this)) {}
  ~RecordOn() {
    Tape::recording_ = before_;
    innermost_ = outer_;
  }
  RecordOn(const RecordOn&) = delete;
  RecordOn& operator=(const RecordOn&) = delete;

 private:
  friend class Tape;
  static constinit thread_local RecordOn* innermost_;

  Tape* before_;
  RecordOn* outer_;
};

/// While it is alive, this thread records nothing.
struct NoTape : RecordOn {
  [[nodiscard]] NoTape() noexcept : RecordOn(nullptr) {}
};

namespace detail {
void tell_computed(const char* operation, std::span<const Operand> inputs, const Var& y);
}

/// The result of an operation. `value`, a tensor or an xtensor expression, was computed from
/// `inputs`. If a tape records and an input needs a gradient, the operation is appended to the
/// tape, with `rule` as its derivative (see rule.h). Every operation, Reel's or yours, is made with
/// this function. `operation` must outlive the tape.
template <class Value, class Rule>
Var record(const char* operation, std::span<const Operand> inputs, Value&& value, Rule rule) {
  Var y(SharedTensor(std::forward<Value>(value)));
  if (Observer::innermost()) detail::tell_computed(operation, inputs, y);
  if (Tape* tape = Tape::recording()) tape->append(operation, inputs, y, std::move(rule));
  return y;
}
/// The result of an operation. `value`, a tensor or an xtensor expression, was computed from
/// `inputs`. If a tape records and an input needs a gradient, the operation is appended to the
/// tape, with `rule` as its derivative (see rule.h). Every operation, Reel's or yours, is made with
/// this function. `operation` must outlive the tape.
template <class Value, class Rule>
Var record(const char* operation, std::initializer_list<Operand> inputs, Value&& value, Rule rule) {
  return record(operation, std::span<const Operand>(inputs.begin(), inputs.size()),
                std::forward<Value>(value), std::move(rule));
}

}  // namespace reel::inline REEL_PRECISION
