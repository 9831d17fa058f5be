// The updates of BFGS.
#include <reel/optim/minimize/bfgs.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class Bfgs : public Algorithm {
 public:
  explicit Bfgs(const BfgsOptions& options) : options_(options) {}

  bool advance(Problem& problem, Point& at, History&) override {
    std::optional<Step> step;
    if (learnt_) step = search(problem, at, -product(at.gradient));
    if (!step) {
      learnt_ = false;
      step = search(problem, at, -at.gradient);
    }
    if (!step) return false;
    fall_ = at.value - step->to.value;
    update(step->to.theta - at.theta, step->to.gradient - at.gradient);
    at = std::move(step->to);
    return true;
  }

 private:
  std::optional<Step> search(Problem& problem, const Point& at, const Tensor& direction) const {
    const double fall = fall_ > 0 ? fall_ : length_of(at.gradient) / 2;
    return line_search(
        problem, at, direction,
        {.kind = options_.line_search,
         .first = std::min(1.0, expected_length(fall, inner(at.gradient, direction))),
         .decrease = options_.decrease,
         .curvature = options_.curvature});
  }

  // B·v
  Tensor product(const Tensor& v) const {
    return reshape(matmul(reshape(v, {1, v.size()}), false, b_, true), v.shape());
  }

  // B += (1 + ρy·By)ρssᵀ − ρ(s(By)ᵀ + (By)sᵀ)
  void update(const Tensor& s, const Tensor& y) {
    const double sy = inner(s, y), yy = inner(y, y);
    if (!(sy >
          static_cast<double>(std::numeric_limits<Real>::epsilon()) * length_of(s) * std::sqrt(yy)))
      return;
    const std::size_t n = s.size();
    if (!learnt_) {
      learnt_ = true;
      b_ = zeros({n, n});
      for (std::size_t i = 0; i < n; ++i) b_.data()[i * n + i] = static_cast<Real>(sy / yy);
    }
    const Tensor by = product(y);
    const Real rho = static_cast<Real>(1 / sy);
    const Real weight = static_cast<Real>((1 + inner(y, by) / sy) / sy);
    Tensor left = uninitialized({2, n}), right = uninitialized({2, n});
    for (std::size_t i = 0; i < n; ++i) {
      left(0, i) = weight * s(i) - rho * by(i);
      left(1, i) = -rho * s(i);
      right(0, i) = s(i);
      right(1, i) = by(i);
    }
    gemm(left, true, right, false, 1, b_);
  }

  BfgsOptions options_;
  bool learnt_ = false;  // false: B is still the identity
  Tensor b_ = {};
  double fall_ = 0;
};

}  // namespace

Method bfgs(const BfgsOptions& options) {
  check_slope_options(
      "bfgs",
      {.kind = options.line_search, .decrease = options.decrease, .curvature = options.curvature});
  return {"BFGS", [=] { return std::make_unique<Bfgs>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
