// Observer: is told of each operation that this thread computes or differentiates.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <reel/autodiff/tensor/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

/// An operation, as it is computed or differentiated.
struct OperationEvent {
  std::string_view operation;
  std::string_view scope;  ///< the path of the part of the model that it belongs to; see Scope
  const SharedTensor& value;
  std::size_t input_count;
  const SharedTensor& input(std::size_t i) const { return input_at(inputs, i); }

  const void* inputs;
  const SharedTensor& (*input_at)(const void* inputs, std::size_t i);
};

/// The same with what a rule made of the gradient by the value.
struct BackwardEvent : OperationEvent {
  const Tensor& gradient;  ///< by the value
  /// By input i, added up so far; null if there is none.
  const Tensor* gradient_by(std::size_t i) const { return gradient_at(gradients, inputs, i); }

  const void* gradients;
  const Tensor* (*gradient_at)(const void* gradients, const void* inputs, std::size_t i);
};

/// Watches the operations of its thread while it lives. Each observer is told, the youngest first,
/// but not of what observers compute themselves. What one throws ends the computation that it was
/// told of.
class Observer {
 public:
  Observer() noexcept : outer_(innermost_) { innermost_ = this; }
  virtual ~Observer() {
    Observer** link = &innermost_;
    while (*link && *link != this) link = &(*link)->outer_;
    if (*link) *link = outer_;
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// The innermost observer of this thread; null if there is none.
  static Observer* innermost() noexcept { return innermost_; }
  Observer* outer() const noexcept { return outer_; }

  /// An operation was computed; it is not on the tape yet.
  virtual void computed(const OperationEvent&) {}
  /// A rule is about to run, and has run.
  virtual void rule_begins(const OperationEvent&) {}
  virtual void rule_ended(const BackwardEvent&) {}
  /// A tape was made, or a sweep over one ended.
  virtual void boundary() {}

  template <class... Parameters, class... Arguments>
  static void tell(void (Observer::*event)(Parameters...), const Arguments&... arguments) {
    const Unobserved unobserved;
    for (Observer* o = unobserved.innermost; o; o = o->outer_) (o->*event)(arguments...);
  }

 private:
  // No observers, while it lives.
  struct Unobserved {
    Unobserved() noexcept : innermost(std::exchange(innermost_, nullptr)) {}
    ~Unobserved() { innermost_ = innermost; }
    Observer* innermost;
  };

  static constinit thread_local Observer* innermost_;
  Observer* outer_;
};

}  // namespace reel::inline REEL_PRECISION
