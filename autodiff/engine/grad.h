// grad: the gradient of a variable, and the gradient of a function as a new function.
#pragma once

#include <concepts>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {

/// The options of `grad`.
struct GradOptions {
  /// Record the computation of the gradients, so that they can be differentiated again.
  bool create_graph = false;
  /// The gradient with respect to y that the sweep starts from, of y's shape. If it is empty, it is
  /// 1, and y must have one element.
  Var seed = {};
  /// Partial derivatives: each x is held constant while another x varies, even if one was computed
  /// from the other.
  bool partial = false;
};

/// The gradients of y with respect to each of xs; zeros for an x that y does not depend on. Changes
/// no parameter's gradient and does not consume the tape. Throws Error if y has more than one
/// element and no seed is given, if y or an x is a constant or is not on the innermost tape, or if
/// a value was changed after it was recorded.
std::vector<Var> grad(const Var& y, std::span<const Var> xs, const GradOptions& options = {});
std::vector<Var> grad(const Var& y, std::initializer_list<Var> xs, const GradOptions& options = {});
Var grad(const Var& y, const Var& x, const GradOptions& options = {});
/// For several ys, each with its seed: Σ ∂yᵢ/∂x·seedᵢ for each x. A constant y adds nothing.
/// Ignores `options.seed`.
std::vector<Var> grad(std::span<const Var> ys, std::span<const Var> seeds, std::span<const Var> xs,
                      const GradOptions& options = {});
/// The gradients of one y with respect to parameters, for example all parameters of a module.
std::vector<Var> grad(const Var& y, std::span<const Parameter> parameters,
                      const GradOptions& options = {});

namespace detail {

/// Passes g, the gradient with respect to the value of node i, to the node's rule. The rule adds to
/// the gradients with respect to its inputs.
void apply_rule(Tape& tape, std::uint32_t i, const Gradients<SharedTensor>& gradients,
                const SharedTensor& g);
void apply_rule(Tape& tape, std::uint32_t i, const Gradients<Var>& gradients, const Var& g);

/// y, or a leaf of the recording tape with its value if y is a constant: a function whose value
/// does not depend on its argument has the gradient 0.
Var on_tape(const Var& y);
template <class T>
Var on_tape(const T&) = delete;  // the function must return a Var: a number has no derivative

/// A copy of x as a new variable on the live tape, so that a function can be differentiated with
/// respect to it alone.
Var fresh_variable(const Var& x);

/// Calls body(x as a new variable, whether to record). If a tape is alive, the call is recorded
/// there, so that the result can be differentiated again; otherwise a temporary tape is used.
template <class Body>
auto with_variable(const Var& x, Body&& body) {
  if (Tape::recording()) return body(fresh_variable(x), true);
  Tape tape;
  return body(fresh_variable(x.shared()), false);
}

template <class F>
auto gradient_function(F f, bool elementwise) {
  return [f = std::move(f), elementwise](const Var& x) -> Var {
    return with_variable(x, [&](const Var& at, bool create_graph) {
      const Var y = detail::on_tape(f(at));
      return grad(y, at,
                  {.create_graph = create_graph, .seed = elementwise ? full(y.shape(), 1) : Var()});
    });
  };
}

}  // namespace detail

/// The gradient of a scalar function as a function: `grad(grad(f))` is its second derivative. Uses
/// the live tape; if there is none, it opens one.
template <class F>
requires std::invocable<const F&, const Var&>
auto grad(F f) { return detail::gradient_function(std::move(f), false); }

template <class F>
requires(!std::invocable<const F&, const Var&>) void grad(F) = delete;  // f: const Var& → Var

/// The derivative of an elementwise function, at each element.
template <class F>
requires std::invocable<const F&, const Var&>
auto elementwise_grad(F f) { return detail::gradient_function(std::move(f), true); }

}  // namespace reel::inline REEL_PRECISION
