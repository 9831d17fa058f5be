// Problem: an objective with counted evaluations and automatic derivatives.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// A function of θ to minimise: one number, or a vector of residuals.
using Objective = std::function<Var(const Var& theta)>;

/// The number of evaluations of each kind. A gradient includes its value: evaluating both at one
/// point adds 1 to each count. Values and gradients that are only computed for second derivatives
/// or a Jacobian are not counted separately.
struct Evaluations {
  std::size_t values = 0;            ///< of the objective or of all residuals
  std::size_t gradients = 0;         ///< each by one sweep
  std::size_t hessians = 0;          ///< full matrices
  std::size_t hessian_products = 0;  ///< products of the Hessian with a vector
  std::size_t jacobians = 0;         ///< of the residuals
};

/// The values of parameters in one vector; and the reverse. Throws Error if there are no
/// parameters, if one is given twice, or if θ has another size.
Tensor values_of(const std::vector<Parameter>& parameters);
/// Gives the parameters the values of such a vector.
void set_values(std::vector<Parameter> parameters, const Tensor& theta);

/// A place of a search: θ, the value, and the gradient if it is known.
struct Point {
  Tensor theta;          ///< the place
  double value = 0;      ///< of the objective at θ
  Tensor gradient = {};  ///< of θ's shape; empty for methods without gradients
};

/// Residuals r (m) at a place, and their Jacobian ∂rᵢ/∂θⱼ (m, n).
struct Residuals {
  Tensor r, jacobian;  ///< of m residuals and n elements of θ
};

/// A function to minimise, which computes its derivatives and counts its evaluations.
class Problem {
 public:
  /// One evaluation on the live tape: y, a scalar or the residuals, and the variables to
  /// differentiate with respect to.
  struct Recorded {
    Var y;                ///< a scalar, or the residuals
    std::vector<Var> xs;  ///< to differentiate with respect to
  };

  /// f must return one number.
  explicit Problem(Objective f);
  /// ½‖r(θ)‖² for r of any shape.
  static Problem least_squares(Objective residuals);
  /// A loss as a function of the parameters that it uses; θ is `values_of` them. Each evaluation
  /// leaves θ in the parameters.
  Problem(std::function<Var()> loss, std::vector<Parameter> parameters);

  /// The value alone.
  double value(const Tensor& theta);
  /// The value and the gradient, from one sweep. Throws Error if the objective does not depend on
  /// θ.
  Point at(const Tensor& theta);
  /// The value, and the gradient if `gradient` is true.
  Point at(const Tensor& theta, bool gradient);
  /// (n, n) for θ of n elements.
  Tensor hessian(const Tensor& theta);
  /// r as a vector, and its Jacobian. Throws Error if the problem was not made from residuals.
  Residuals residuals(const Tensor& theta);
  /// Whether it was made from residuals.
  bool has_residuals() const noexcept { return residuals_; }

  /// The evaluations so far.
  const Evaluations& evaluations() const noexcept { return evaluations_; }

 private:
  friend class Curvature;
  friend class Trial;

  Problem() = default;
  Recorded evaluate(const Tensor& theta) const;
  // ½‖r‖² for recorded residuals, otherwise y itself. Throws Error unless it is one number.
  Var objective_of(const Recorded& recorded) const;
  Residuals residuals_of(const Recorded& recorded, const Shape& shape);

  std::function<Recorded(const Tensor& theta)> record_;
  bool residuals_ = false;
  Evaluations evaluations_;
};

/// An evaluation whose gradient can be computed later, so that a rejected trial costs only its
/// value. Holds a tape, so it must live on the stack (see Tape).
class Trial {
 public:
  /// Evaluates the problem at θ.
  Trial(Problem& problem, const Tensor& theta);

  /// The place.
  const Tensor& theta() const noexcept { return theta_; }
  /// The value there.
  double value() const { return static_cast<double>(y_.item()); }
  /// The point with its gradient. Throws Error if the objective does not depend on θ.
  Point point();
  /// See Problem::residuals.
  Residuals residuals() { return problem_.residuals_of(recorded_, theta_.shape()); }

 private:
  Problem& problem_;
  Tensor theta_;
  Tape tape_;
  Problem::Recorded recorded_;
  Var y_;
};

/// The second derivatives at one place: Hessian-vector products, computed by sweeps over one
/// recorded gradient. The Hessian is never formed; memory is linear in θ. Holds a tape, so it must
/// live on the stack (see Tape).
class Curvature {
 public:
  /// Records the gradient at θ. Throws Error if the objective does not depend on θ.
  Curvature(Problem& problem, const Tensor& theta);

  /// H·v for v of θ's shape.
  Tensor product(const Tensor& v);

 private:
  Problem& problem_;
  Tape tape_;
  Problem::Recorded recorded_;
  std::vector<Var> gradients_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
