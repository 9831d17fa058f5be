// Gradient checkpointing: a sweep recomputes a segment, so that the tape need not keep its values.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// f(inputs) as one recorded operation. The tape keeps the inputs and no intermediate value of f; a
/// sweep computes f again. f is differentiable to any order, with respect to the inputs and to the
/// parameters that it uses. f must compute the same result each time; it draws the same numbers
/// from its RandomScope each time. Throws Error if f uses another variable of the live tape that is
/// not among the inputs.
Var checkpoint(std::function<Var(std::span<const Var>)> f, std::span<const Var> inputs);
Var checkpoint(std::function<Var(std::span<const Var>)> f, std::initializer_list<Var> inputs);

/// Whether this thread is recomputing such an f. The side effects of f, such as an update of
/// running statistics, have then already happened.
bool recomputing() noexcept;

/// The same for a function of one variable, such as a module: `checkpoint(layer, x)`. A temporary f
/// is moved into the tape; an lvalue f is referenced, and must outlive the tape.
template <class F>
requires std::invocable<const F&, const Var&> Var checkpoint(F&& f, const Var& x) {
  const std::span<const Var> inputs(&x, 1);
  if constexpr (std::is_lvalue_reference_v<F>)
    return checkpoint([&f](std::span<const Var> xs) -> Var { return f(xs[0]); }, inputs);
  else
    return checkpoint([kept = std::make_shared<F>(std::move(f))](
                          std::span<const Var> xs) -> Var { return (*kept)(xs[0]); },
                      inputs);
}

}  // namespace reel::inline REEL_PRECISION
