// Observer: receives an event for each operation that this thread computes or differentiates.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <utility>

#include <reel/autodiff/tensor/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

/// An operation that is computed or differentiated.
struct OperationEvent {
  std::string_view operation;  ///< its name, as given to `record`
  std::string_view scope;      ///< the path of the part of the model that it belongs to; see Scope
  const SharedTensor& value;   ///< its result
  std::size_t input_count;     ///< how many inputs it has
  /// Its input i.
  const SharedTensor& input(std::size_t i) const { return input_at(inputs, i); }

  const void* inputs;  ///< all inputs, of a type that only `input_at` knows
  const SharedTensor& (*input_at)(const void* inputs, std::size_t i);  ///< what `input` calls
};

/// The same for a rule that has run, with the gradients that it computed.
struct BackwardEvent : OperationEvent {
  const Tensor& gradient;  ///< with respect to the value
  /// The gradient with respect to input i that has been added up so far; null if there is none.
  const Tensor* gradient_by(std::size_t i) const { return gradient_at(gradients, inputs, i); }

  const void* gradients;  ///< all gradients, of a type that only `gradient_at` knows
  /// `gradient_by` calls this function.
  const Tensor* (*gradient_at)(const void* gradients, const void* inputs, std::size_t i);
};

/// While it is alive, it receives the events of its thread. Each event goes to all observers, the
/// youngest first, except for operations that observers compute themselves. An exception from an
/// observer ends the observed computation.
class Observer {
 public:
  Observer() noexcept : outer_(innermost_) {
    innermost_ = this;
    alive_.fetch_add(1, std::memory_order_relaxed);
  }
  virtual ~Observer() {
    alive_.fetch_sub(1, std::memory_order_relaxed);
    Observer** link = &innermost_;
    while (*link && *link != this) link = &(*link)->outer_;
    if (*link) *link = outer_;
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// The innermost observer of this thread; null if there is none.
  static Observer* innermost() noexcept { return innermost_; }
  /// The number of observers on all threads.
  static int alive() noexcept { return alive_.load(std::memory_order_relaxed); }
  /// The observer around this one; null if there is none.
  Observer* outer() const noexcept { return outer_; }

  /// An operation was computed; it is not on the tape yet.
  virtual void computed(const OperationEvent&) {}
  /// A rule is about to run; a rule has run.
  virtual void rule_begins(const OperationEvent&) {}
  /// A rule has run, with the gradients that it computed.
  virtual void rule_ended(const BackwardEvent&) {}
  /// A tape was made, or a sweep over a tape has ended.
  virtual void boundary() {}

  /// Calls one of these functions for all observers of the thread, the youngest first.
  template <class... Parameters, class... Arguments>
  static void tell(void (Observer::*event)(Parameters...), const Arguments&... arguments) {
    const Unobserved unobserved;
    for (Observer* o = unobserved.innermost; o; o = o->outer_) (o->*event)(arguments...);
  }

 private:
  // While it is alive, there are no observers.
  struct Unobserved {
    Unobserved() noexcept : innermost(std::exchange(innermost_, nullptr)) {}
    ~Unobserved() { innermost_ = innermost; }
    Observer* innermost;
  };

  static constinit thread_local Observer* innermost_;
  static inline constinit std::atomic<int> alive_ = 0;
  Observer* outer_;
};

}  // namespace reel::inline REEL_PRECISION
