// The directions of conjugate gradients.
#include <reel/optim/minimize/conjugate_gradient.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Formula = ConjugateGradientOptions::Formula;

class ConjugateGradient : public Algorithm {
 public:
  explicit ConjugateGradient(const ConjugateGradientOptions& options) : options_(options) {}

  bool advance(Problem& problem, Point& at, History&) override {
    turn(at.gradient);
    std::optional<Step> step = search(problem, at);
    if (!step && !steepest_) {
      direction_ = -at.gradient;
      steepest_ = true;
      step = search(problem, at);
    }
    if (!step) return false;
    fall_ = at.value - step->to.value;
    gradient_ = std::move(at.gradient);
    at = std::move(step->to);
    return true;
  }

 private:
  // Chooses the next direction. It is −g at the start, if consecutive gradients of Fletcher–Reeves
  // are far from orthogonal (Powell 1977), and if the conjugate direction does not descend enough
  // (Gilbert and Nocedal, SIAM J. Optim. 2, 1992).
  void turn(const Tensor& g) {
    const double squares = inner(g, g);
    steepest_ = fresh_;
    fresh_ = false;
    if (!steepest_) {
      const bool ribiere = options_.formula == Formula::polak_ribiere;
      const double overlap = inner(g, gradient_);
      const double numerator = ribiere ? std::max(0.0, squares - overlap) : squares;
      direction_ = along(-g, numerator / inner(gradient_, gradient_), direction_);
      steepest_ = (!ribiere && std::abs(overlap) >= 0.2 * squares) ||
                  !(inner(direction_, g) <= -0.01 * squares);
    }
    if (steepest_) direction_ = -g;
  }

  std::optional<Step> search(Problem& problem, const Point& at) const {
    const double fall = fall_ > 0 ? fall_ : length_of(at.gradient) / 2;
    return line_search(problem, at, direction_,
                       {.kind = options_.line_search,
                        .first = expected_length(fall, inner(at.gradient, direction_)),
                        .decrease = options_.decrease,
                        .curvature = options_.curvature});
  }

  ConjugateGradientOptions options_;
  Tensor gradient_ = {}, direction_ = {};  // of the last iteration
  bool fresh_ = true, steepest_ = true;
  double fall_ = 0;
};

}  // namespace

Method conjugate_gradient(const ConjugateGradientOptions& options) {
  check_slope_options(
      "conjugate_gradient",
      {.kind = options.line_search, .decrease = options.decrease, .curvature = options.curvature});
  return {"conjugate gradient", [=] { return std::make_unique<ConjugateGradient>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
