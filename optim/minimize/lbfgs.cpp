// The iterations of L-BFGS, and the cases in which it drops its pairs.
#include <reel/optim/minimize/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/optim/curvature_pairs.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class LimitedMemory : public Algorithm {
 public:
  explicit LimitedMemory(const LbfgsMethodOptions& options)
      : options_(options), pairs_(options.memory) {}

  bool advance(Problem& problem, Point& at, History&) override {
    std::optional<Step> step;
    if (!pairs_.pairs().empty()) step = search(problem, at, 1);
    if (!step) {
      pairs_.clear();
      step = search(problem, at, 1 / std::max(1.0, length_of(at.gradient)));
    }
    if (!step) return false;
    CurvaturePair pair(step->to.theta - at.theta, step->to.gradient - at.gradient);
    constexpr double rounding = std::numeric_limits<Real>::epsilon();
    if (pair.sy > rounding * length_of(pair.s) * std::sqrt(pair.yy)) pairs_.push(std::move(pair));
    at = std::move(step->to);
    return true;
  }

 private:
  std::optional<Step> search(Problem& problem, const Point& at, double first) const {
    return line_search(problem, at, pairs_.direction(at.gradient),
                       {.kind = options_.line_search,
                        .first = first,
                        .decrease = options_.decrease,
                        .curvature = options_.curvature});
  }

  LbfgsMethodOptions options_;
  CurvaturePairs pairs_;
};

}  // namespace

Method lbfgs(const LbfgsMethodOptions& options) {
  if (options.memory == 0) fail_usage("lbfgs", "memory = 0, it should be at least 1.");
  check_slope_options(
      "lbfgs",
      {.kind = options.line_search, .decrease = options.decrease, .curvature = options.curvature});
  return {.name = "L-BFGS",
          .make = [=] { return std::make_unique<LimitedMemory>(options); },
          .tolerances = {.value = 2.2e-9},
          .iterations = 15'000};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
