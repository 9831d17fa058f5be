// Computes Newton's directions from the eigenvalues of the Hessian.
#include <reel/optim/minimize/newton.h>

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

double largest_of(const Eigen& eigen) { return norm_of(eigen.values, Norm::max); }

// −V·diag(1/λ)·Vᵀ·g
Tensor direction_of(const Eigen& eigen, const Tensor& gradient) {
  const std::size_t n = gradient.size();
  Tensor c = matmul(eigen.vectors, true, reel::reshape(gradient, {n, 1}), false);
  for (std::size_t i = 0; i < n; ++i) c.data()[i] /= -eigen.values.data()[i];
  return reel::reshape(matmul(eigen.vectors, c), gradient.shape());
}

// The part that both methods share: a Hessian with finite elements.
class SecondOrder : public Algorithm {
 public:
  Ending ending() const override { return {Status::stalled, why_}; }

 protected:
  bool decompose(Problem& problem, const Point& at, Eigen& eigen) {
    const Tensor hessian = problem.hessian(at.theta);
    if (!all_finite(hessian)) return fails("the Hessian is not finite");
    eigen = symmetric_eigen(hessian);
    return true;
  }
  bool fails(const char* why) {
    why_ = why;
    return false;
  }

 private:
  const char* why_ = "no better point";
};

class Newton : public SecondOrder {
 public:
  bool advance(Problem& problem, Point& at, History&) override {
    Eigen eigen;
    if (!decompose(problem, at, eigen)) return false;
    const double smallest = static_cast<double>(at.theta.size()) *
                            std::numeric_limits<Real>::epsilon() * largest_of(eigen);
    for (const Real value : eigen.values)
      if (std::abs(static_cast<double>(value)) <= smallest)
        return fails("the Hessian is singular, there is no Newton step");
    at = problem.at(at.theta + direction_of(eigen, at.gradient));
    return true;
  }
};

class DampedNewton : public SecondOrder {
 public:
  explicit DampedNewton(const DampedNewtonOptions& options) : options_(options) {}

  bool advance(Problem& problem, Point& at, History&) override {
    Eigen eigen;
    if (!decompose(problem, at, eigen)) return false;
    const double largest = largest_of(eigen);
    // for a Hessian of 0, steepest descent
    const Real floor = static_cast<Real>(largest > 0 ? options_.floor * largest : 1);
    for (Real& value : eigen.values) value = std::max(std::abs(value), floor);
    auto step =
        line_search(problem, at, direction_of(eigen, at.gradient), {.kind = options_.line_search});
    if (!step) return fails("no better point along Newton's direction");
    at = std::move(step->to);
    return true;
  }

 private:
  DampedNewtonOptions options_;
};

}  // namespace

Method newton() {
  return {"Newton", [] { return std::make_unique<Newton>(); }};
}

Method damped_newton(const DampedNewtonOptions& options) {
  if (!(options.floor > 0 && options.floor <= 1))
    fail_usage("damped_newton", "floor = ", options.floor, " is not above 0 and at most 1.");
  return {"damped Newton", [=] { return std::make_unique<DampedNewton>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
