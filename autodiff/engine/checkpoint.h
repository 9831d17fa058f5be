// Gradient checkpointing: recompute a segment instead of keeping it.
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

/// f(inputs) as one recorded operation, which keeps the inputs and none of f's own intermediate
/// values: a sweep computes f again. f is differentiated by the inputs and by the parameters it
/// uses, to any order; it must compute the same each time. Other variables of the live tape that
/// f uses must be among the inputs; Error is thrown otherwise. Each time f is computed, it draws
/// the same numbers from its RandomScope.
Var checkpoint(std::function<Var(std::span<const Var>)> f, std::span<const Var> inputs);
Var checkpoint(std::function<Var(std::span<const Var>)> f, std::initializer_list<Var> inputs);

/// Whether this thread is computing such an f again. Then side effects of f, such as an update of
/// running statistics, have happened before.
bool recomputing() noexcept;

/// The same for a function of one variable, such as a module: `checkpoint(layer, x)`. A temporary f
/// is kept; an lvalue is referred to, and must outlive the tape.
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
