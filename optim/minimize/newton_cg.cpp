// Truncated conjugate gradients within a trust region.
#include <reel/optim/minimize/newton_cg.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

struct ModelStep {
  Tensor z;
  double predicted;  // the predicted fall of the model; NaN if it is not finite
  bool at_boundary;
};

// Minimises gᵀz + ½zᵀHz for ‖z‖ ≤ radius, approximately.
ModelStep minimize_model(Problem& problem, const Point& at, double radius) {
  Curvature curvature(problem, at.theta);
  const Tensor& g = at.gradient;
  const double size = length_of(g);
  const double enough = std::min(0.5, std::sqrt(size)) * size;
  Tensor z = zeros(g.shape()), r = g, d = -g;  // r = g + Hz
  const auto ended = [&](bool at_boundary) {
    const double predicted = -0.5 * (inner(g, z) + inner(r, z));
    return ModelStep{std::move(z), predicted, at_boundary};
  };
  double rr = inner(r, r);
  while (true) {
    const Tensor hd = curvature.product(d);
    const double dhd = inner(d, hd), zd = inner(z, d), dd = inner(d, d);
    if (!std::isfinite(dhd)) return {z, std::numeric_limits<double>::quiet_NaN(), false};
    const double length = rr / dhd;
    const bool inside = dhd > 0 && inner(z, z) + length * (2 * zd + length * dd) < radius * radius;
    if (!inside) {
      // ‖z + t·d‖ = radius has a root on each side of 0; the model along d has slope −rr at 0
      const double left = std::max(radius * radius - inner(z, z), 0.0);
      const double q = zd + std::copysign(std::sqrt(zd * zd + dd * left), zd);
      const double t1 = -q / dd, t2 = left / q;
      double t = std::max(t1, t2);
      if (dhd <= 0) {
        const double other = std::min(t1, t2);
        if (other * (0.5 * other * dhd - rr) < t * (0.5 * t * dhd - rr)) t = other;
      }
      add_to(z, t, d);
      add_to(r, t, hd);
      return ended(true);
    }
    add_to(z, length, d);
    add_to(r, length, hd);
    const double next = inner(r, r);
    if (std::sqrt(next) < enough || next == 0) return ended(false);
    const Real beta = static_cast<Real>(next / rr);
    d = beta * d - r;
    rr = next;
  }
}

class NewtonCg : public Algorithm {
 public:
  explicit NewtonCg(const NewtonCgOptions& options) : options_(options), radius_(options.radius) {}

  bool advance(Problem& problem, Point& at, History&) override {
    // rounding hides which value is lower if they are closer than this
    const double noise = 10 * std::numeric_limits<Real>::epsilon() * std::abs(at.value);
    while (true) {
      const ModelStep step = minimize_model(problem, at, radius_);
      if (!(step.predicted > 0)) {
        why_ = std::isnan(step.predicted) ? "the second derivatives are not finite"
                                          : "the quadratic model promises no reduction";
        return false;
      }
      const Tensor theta = at.theta + step.z;
      if (theta == at.theta) return false;
      Trial trial(problem, theta);
      if (step.predicted <= noise) return advance_by_gradient(trial, at);
      const double agreement = (at.value - trial.value()) / step.predicted;
      if (!(agreement >= 0.25))
        radius_ = 0.25 * std::min(radius_, length_of(step.z));
      else if (agreement > 0.75 && step.at_boundary)
        radius_ = std::min(2 * radius_, options_.largest_radius);
      if (agreement > options_.least_agreement) {
        at = trial.point();
        return true;
      }
    }
  }

  Ending ending() const override { return {Status::stalled, why_}; }

 private:
  bool advance_by_gradient(Trial& trial, Point& at) {
    if (!std::isfinite(trial.value())) return false;
    Point to = trial.point();
    if (!(length_of(to.gradient) < length_of(at.gradient))) return false;
    at = std::move(to);
    return true;
  }

  NewtonCgOptions options_;
  double radius_;
  const char* why_ = "no better point";
};

}  // namespace

Method newton_cg(const NewtonCgOptions& options) {
  if (!(options.radius > 0 && options.radius <= options.largest_radius))
    fail_usage("newton_cg", "radius = ", options.radius,
               " is not above 0 and at most largest_radius = ", options.largest_radius, '.');
  if (!(options.least_agreement >= 0 && options.least_agreement < 0.25))
    fail_usage("newton_cg", "least_agreement = ", options.least_agreement, " is not in [0, 0.25).");
  return {"Newton-CG", [=] { return std::make_unique<NewtonCg>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
