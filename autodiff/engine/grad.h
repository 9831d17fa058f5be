// Gradients: of a variable by others, and of a function as a function.
#pragma once

#include <concepts>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {

struct GradOptions {
  /// Record the gradients' own computation, so that they can be differentiated again.
  bool create_graph = false;
  /// The gradient by y to start from, of y's shape; empty: 1, and y must have one element.
  Var seed = {};
  /// Partial derivatives: an x is held constant while another varies, even if it was computed from
  /// it.
  bool partial = false;
};

/// The gradients of y by each of xs: zeros for an x that y does not depend on.
/// Changes no parameter's gradient and does not consume the tape. Throws Error if y has more than
/// one element and no seed is given, if y or an x is on a tape other than the innermost, if an x is
/// a constant, or if a value was changed after it was recorded.
std::vector<Var> grad(const Var& y, std::span<const Var> xs, const GradOptions& options = {});
std::vector<Var> grad(const Var& y, std::initializer_list<Var> xs, const GradOptions& options = {});
Var grad(const Var& y, const Var& x, const GradOptions& options = {});
/// The sum over several ys, each with its seed: Σ ∂yᵢ/∂x·seedᵢ for each x. `options.seed` is not
/// used.
std::vector<Var> grad(std::span<const Var> ys, std::span<const Var> seeds, std::span<const Var> xs,
                      const GradOptions& options = {});
/// Of one y by parameters, all of a module's for example.
std::vector<Var> grad(const Var& y, std::span<const Parameter> parameters,
                      const GradOptions& options = {});

namespace detail {

/// Hands g, the gradient by the value of node i, to its rule, which adds to the gradients by its
/// inputs.
void apply_rule(Tape& tape, std::uint32_t i, const Gradients<SharedTensor>& gradients,
                const SharedTensor& g);
void apply_rule(Tape& tape, std::uint32_t i, const Gradients<Var>& gradients, const Var& g);

/// x as a variable of its own on the live tape, so that a function can be differentiated by it
/// alone.
Var fresh_variable(const Var& x);

/// Calls body(x as a variable of its own, whether to record). If a tape is alive it records there,
/// so the result can be differentiated again; else on a tape for the time of the call.
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
      const Var y = f(at);
      return grad(y, at,
                  {.create_graph = create_graph, .seed = elementwise ? full(y.shape(), 1) : Var()});
    });
  };
}

}  // namespace detail

/// The gradient of a scalar function as a function: `grad(grad(f))` is its second derivative. Uses
/// the live tape, or opens its own.
template <class F>
requires std::invocable<const F&, const Var&>
auto grad(F f) { return detail::gradient_function(std::move(f), false); }

/// The derivative of a function that works on each element by itself, at each element.
template <class F>
requires std::invocable<const F&, const Var&>
auto elementwise_grad(F f) { return detail::gradient_function(std::move(f), true); }

}  // namespace reel::inline REEL_PRECISION
