// Problem: an objective whose evaluations are counted, its derivatives by automatic
// differentiation.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// A function of θ to minimise: one number, or a vector of residuals.
using Objective = std::function<Var(const Var& theta)>;

/// How often each kind of evaluation was asked for. A gradient includes its value: evaluating both
/// at one point counts once in each column. What is evaluated on the way to second derivatives or a
/// Jacobian counts in their columns alone.
struct Evaluations {
  std::size_t values = 0;  ///< of the objective or of all residuals
  std::size_t gradients = 0;
  std::size_t hessians = 0;
  std::size_t hessian_products = 0;
  std::size_t jacobians = 0;
};

/// The values of parameters in one vector, and the opposite. Throws Error for none, for one given
/// twice, and for a θ of another size.
Tensor values_of(const std::vector<Parameter>& parameters);
void set_values(std::vector<Parameter> parameters, const Tensor& theta);

/// A place of a search, with what is known there.
struct Point {
  Tensor theta;
  double value = 0;
  Tensor gradient = {};  ///< of θ's shape; empty for methods that use none
};

/// Residuals r (m) at a place, and their Jacobian ∂rᵢ/∂θⱼ (m, n).
struct Residuals {
  Tensor r, jacobian;
};

class Problem {
 public:
  /// One evaluation on the live tape: y, a scalar or the residuals, and what to differentiate it
  /// by.
  struct Recorded {
    Var y;
    std::vector<Var> xs;
  };

  /// f is to return one number.
  explicit Problem(Objective f);
  /// ½‖r(θ)‖² for r of any shape.
  static Problem least_squares(Objective residuals);
  /// A loss by the parameters that it uses; θ is `values_of` them. Evaluating it leaves θ in the
  /// parameters.
  Problem(std::function<Var()> loss, std::vector<Parameter> parameters);

  double value(const Tensor& theta);
  /// The value and the gradient, by one sweep. Throws Error if the objective does not depend on θ.
  Point at(const Tensor& theta);
  /// The same, without the gradient unless asked for.
  Point at(const Tensor& theta, bool gradient);
  /// (n, n) for θ of n elements.
  Tensor hessian(const Tensor& theta);
  /// r as a vector and its Jacobian. Throws Error for a problem that was not given as residuals.
  Residuals residuals(const Tensor& theta);
  bool has_residuals() const noexcept { return residuals_; }

  const Evaluations& evaluations() const noexcept { return evaluations_; }

 private:
  friend class Curvature;
  friend class Trial;

  Problem() = default;
  Recorded evaluate(const Tensor& theta) const;
  // ½‖r‖² of recorded residuals; y itself otherwise. Throws Error unless it is one number.
  Var objective_of(const Recorded& recorded) const;
  Residuals residuals_of(const Recorded& recorded, const Shape& shape);

  std::function<Recorded(const Tensor& theta)> record_;
  bool residuals_ = false;
  Evaluations evaluations_;
};

/// One evaluation of which more may be asked later, so that a trial that is rejected costs its
/// value alone. Holds a tape, so it must live on the stack (see Tape).
class Trial {
 public:
  Trial(Problem& problem, const Tensor& theta);

  const Tensor& theta() const noexcept { return theta_; }
  double value() const { return static_cast<double>(y_.item()); }
  /// With the gradient. Throws Error if the objective does not depend on θ.
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

/// The second derivatives at one place: products of the Hessian with vectors, by sweeps over one
/// recorded gradient. The Hessian is never formed; memory is linear in θ. Holds a tape, so it must
/// live on the stack (see Tape).
class Curvature {
 public:
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
