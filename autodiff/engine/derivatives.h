// Derivatives beyond the gradient: Jacobians, Hessians, and their products with vectors, for which
// no matrix is formed. All of them use the live tape, so that their results can be differentiated
// again; if there is none, they open a tape.
#pragma once

#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

/// ∂yᵢ/∂xⱼ, of shape y.shape() + x.shape(): one sweep for each element of y.
Var jacobian_of(const Var& y, const Var& x, bool create_graph);
/// J·v by two sweeps: u ↦ Jᵀu is linear, and J·v is the transpose of that map applied to v.
Var forward_product(const Var& y, const Var& x, const Var& v, bool create_graph);
/// x (batch, n) with each row m times, for y (batch, m). Throws Error unless they have these
/// shapes.
Var row_copies(const Var& x, const Var& y);
/// ∂y_bi/∂x_bj from f(copies), whose row b·m + i gives row i of the Jacobian of sample b.
Var row_jacobians(const Var& x, const Var& y, const Var& copies, const Var& of_copies,
                  bool create_graph);
/// Throws Error unless x and v have the same shape.
void check_direction(const char* where, const Var& x, const Var& v);
/// y, ready to leave the tape that it was computed on.
inline Var released(const Var& y, bool recording) { return recording ? y : Var(y.shared()); }

}  // namespace detail

/// A function Var → Var that can be differentiated.
template <class F>
concept DifferentiableFunction = std::invocable<const F&, const Var&>;

/// Turns f into the function x ↦ ∂fᵢ/∂xⱼ, its Jacobian, of shape f(x).shape() + x.shape().
template <DifferentiableFunction F>
auto jacobian(F f) {
  return [f = std::move(f)](const Var& x) -> Var {
    return detail::with_variable(x, [&](const Var& at, bool create_graph) {
      return detail::jacobian_of(detail::on_tape(f(at)), at, create_graph);
    });
  };
}

/// Turns f, which maps each row of x (batch, n) by itself to a row of y (batch, m), into the
/// function x ↦ ∂y_bi/∂x_bj (batch, m, n). Computes f on m copies of each row, and makes one sweep.
/// Throws Error if a row of y depends on other rows of x, as with batch norm in training.
template <DifferentiableFunction F>
auto batch_jacobian(F f) {
  return [f = std::move(f)](const Var& x) -> Var {
    return detail::with_variable(x, [&](const Var& at, bool create_graph) {
      const Var y = f(at);
      const Var copies = detail::row_copies(at, y);
      return detail::row_jacobians(at, y, copies, f(copies), create_graph);
    });
  };
}

/// Turns a scalar f into the function x ↦ ∂²f/∂xᵢ∂xⱼ, its Hessian, of shape x.shape() + x.shape().
template <DifferentiableFunction F>
auto hessian(F f) {
  return jacobian(grad(std::move(f)));
}

/// f(x), and the forward product J·v for a direction v of x's shape.
template <DifferentiableFunction F>
std::pair<Var, Var> jvp(const F& f, const Var& x, const Var& v) {
  detail::check_direction("jvp", x, v);
  return detail::with_variable(x, [&](const Var& at, bool create_graph) {
    const Var y = detail::on_tape(f(at));
    return std::pair(detail::released(y, create_graph),
                     detail::forward_product(y, at, v, create_graph));
  });
}

/// f(x), and the backward product uᵀ·J for u of f(x)'s shape.
template <DifferentiableFunction F>
std::pair<Var, Var> vjp(const F& f, const Var& x, const Var& u) {
  return detail::with_variable(x, [&](const Var& at, bool create_graph) {
    const Var y = detail::on_tape(f(at));
    return std::pair(detail::released(y, create_graph),
                     grad(y, at, {.create_graph = create_graph, .seed = u}));
  });
}

/// H·v of a scalar function; the Hessian H is not formed.
template <DifferentiableFunction F>
Var hvp(const F& f, const Var& x, const Var& v) {
  detail::check_direction("hvp", x, v);
  return detail::with_variable(x, [&](const Var& at, bool create_graph) {
    const Var g = grad(detail::on_tape(f(at)), at, {.create_graph = true});
    return grad(g, at, {.create_graph = create_graph, .seed = v});
  });
}

/// Σⱼ ∂²y/∂xᵢ∂xⱼ·vⱼ of a scalar y of several variables, for each xᵢ. y must be on the live tape;
/// the computation of the gradient stays recorded there.
std::vector<Var> hvp(const Var& y, std::span<const Var> xs, std::span<const Var> vs,
                     const GradOptions& options = {});
/// The same with respect to parameters.
std::vector<Var> hvp(const Var& y, std::span<const Parameter> parameters, std::span<const Var> vs,
                     const GradOptions& options = {});

/// Jᵀ·J·v of f at x. Jᵀ·J is the Gauss–Newton approximation of the Hessian of ½‖f‖².
template <DifferentiableFunction F>
Var gauss_newton_product(const F& f, const Var& x, const Var& v) {
  detail::check_direction("gauss_newton_product", x, v);
  return detail::with_variable(x, [&](const Var& at, bool create_graph) {
    const Var y = detail::on_tape(f(at)), forward = detail::forward_product(y, at, v, create_graph);
    return grad(y, at, {.create_graph = create_graph, .seed = forward});
  });
}

/// Jᵀ·H·J·v, where H is the Hessian of `loss` at f(x): the Gauss–Newton product for loss(f).
template <DifferentiableFunction F, DifferentiableFunction L>
Var gauss_newton_product(const F& f, const L& loss, const Var& x, const Var& v) {
  detail::check_direction("gauss_newton_product", x, v);
  return detail::with_variable(x, [&](const Var& at, bool create_graph) {
    const Var y = detail::on_tape(f(at)), forward = detail::forward_product(y, at, v, create_graph);
    const Var curved = hvp(loss, detail::released(y, create_graph), forward);
    return grad(y, at,
                {.create_graph = create_graph, .seed = detail::released(curved, create_graph)});
  });
}

}  // namespace reel::inline REEL_PRECISION
