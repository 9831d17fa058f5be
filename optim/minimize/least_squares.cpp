// Takes steps that minimise the linearised residuals.
#include <reel/optim/minimize/least_squares.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/autodiff/tensor/kernels.h>
#include <reel/autodiff/tensor/linear_algebra.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

Tensor as_column(const Tensor& x) { return reel::reshape(x, {x.size(), 1}); }

// Jᵀ·r
Tensor gradient_of(const Residuals& at, const Shape& shape) {
  return reel::reshape(matmul(at.jacobian, true, as_column(at.r), false), shape);
}

// The step p that minimises ‖r + J·p‖² + ν‖p‖².
Tensor step_of(const Residuals& at, double damping) {
  const std::size_t m = at.r.size(), n = at.jacobian.shape()[1];
  if (damping == 0) return -solve_least_squares(at.jacobian, at.r);
  Tensor a = zeros({m + n, n}), b = zeros({m + n});
  std::copy(at.jacobian.begin(), at.jacobian.end(), a.data());
  for (std::size_t i = 0; i < n; ++i) a(m + i, i) = static_cast<Real>(std::sqrt(damping));
  std::copy(at.r.begin(), at.r.end(), b.data());
  return -solve_least_squares(a, b);
}

// A point with its residuals and their Jacobian.
struct Linearised {
  Point point;
  Residuals at;
};
Linearised linearise(Trial& trial) {
  Residuals at = trial.residuals();
  Tensor gradient = gradient_of(at, trial.theta().shape());
  return {{trial.theta(), trial.value(), std::move(gradient)}, std::move(at)};
}

// Stores the residuals and the Jacobian at the point that `advance` receives.
class LeastSquares : public Algorithm {
 public:
  Point begin(Problem& problem, const Tensor& start, bool) override {
    Trial trial(problem, start);
    return move_to(linearise(trial));
  }
  Ending ending() const override { return {Status::stalled, why_}; }

 protected:
  Point move_to(Linearised&& next) {
    current_ = std::move(next.at);
    return std::move(next.point);
  }
  bool fails(const char* why) {
    why_ = why;
    return false;
  }

  Residuals current_;

 private:
  const char* why_ = "no better point";
};

class GaussNewton : public LeastSquares {
 public:
  bool advance(Problem& problem, Point& at, History&) override {
    if (!all_finite(current_.jacobian)) return fails("the Jacobian is not finite");
    const Tensor p = step_of(current_, 0);
    Trial trial(problem, at.theta + reel::reshape(p, at.theta.shape()));
    at = move_to(linearise(trial));
    return true;
  }
};

class LevenbergMarquardt : public LeastSquares {
 public:
  explicit LevenbergMarquardt(double damping) : first_(damping) {}

  Point begin(Problem& problem, const Tensor& start, bool gradient) override {
    Point at = LeastSquares::begin(problem, start, gradient);
    if (const double largest = largest_square(); largest > 0) first_ *= largest;
    return at;
  }

  bool advance(Problem& problem, Point& at, History&) override {
    if (!all_finite(current_.jacobian)) return fails("the Jacobian is not finite");
    // rounding hides which value is lower if they are closer than this
    const double noise = 10 * std::numeric_limits<Real>::epsilon() * at.value;
    for (; damping_ <= std::numeric_limits<Real>::max(); raise()) {
      const Tensor p = step_of(current_, damping_);
      const Tensor theta = at.theta + reel::reshape(p, at.theta.shape());
      if (theta == at.theta) return false;
      const Tensor change = matmul(current_.jacobian, as_column(p));
      const double predicted = 0.5 * inner(change, change) + damping_ * inner(p, p);
      Trial trial(problem, theta);
      const double agreement = (at.value - trial.value()) / predicted;
      const bool by_gradient = predicted <= noise;
      if (!by_gradient && !(agreement > least_agreement)) continue;
      Linearised next = linearise(trial);
      if (!std::isfinite(next.point.value) || !all_finite(next.at.jacobian)) continue;
      if (by_gradient && !(length_of(next.point.gradient) < length_of(at.gradient))) return false;
      at = move_to(std::move(next));
      if (!by_gradient) lower(agreement);
      growth_ = first_growth;
      return true;
    }
    return false;
  }

 private:
  static constexpr double least_agreement = 1e-4;
  static constexpr double first_growth = 4;

  void raise() {
    if (damping_ == 0) {
      damping_ = first_;
    } else {
      damping_ *= growth_;
      growth_ *= 2;
    }
  }
  void lower(double agreement) {
    if (std::abs(agreement - 1) < 0.01) {  // nearly linear: continue with Gauss-Newton
      damping_ *= 1e-3;
      return;
    }
    if (damping_ == 0) damping_ = first_;
    damping_ *= std::max(0.1, 1 - std::pow(2 * agreement - 1, 3));
  }

  // The largest element of diag JᵀJ.
  double largest_square() const {
    const Tensor& j = current_.jacobian;
    double largest = 0;
    for (std::size_t column = 0; column < j.shape()[1]; ++column) {
      double squares = 0;
      for (std::size_t i = 0; i < j.shape()[0]; ++i)
        squares += std::pow(static_cast<double>(j(i, column)), 2);
      largest = std::max(largest, squares);
    }
    return largest;
  }

  double first_;  // ν after an undamped step that was rejected
  double damping_ = 0, growth_ = first_growth;
};

}  // namespace

Method gauss_newton() {
  Method method{"Gauss-Newton", [] { return std::make_unique<GaussNewton>(); }};
  method.residuals = true;
  return method;
}

Method levenberg_marquardt(const LevenbergMarquardtOptions& options) {
  if (!(options.damping > 0))
    fail_usage("levenberg_marquardt", "damping = ", options.damping, " is not above 0.");
  Method method{"Levenberg-Marquardt", [damping = options.damping] {
                  return std::make_unique<LevenbergMarquardt>(damping);
                }};
  method.residuals = true;
  return method;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
