// The step of gradient descent.
#include <reel/optim/minimize/gradient_descent.h>

#include <cmath>
#include <utility>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class GradientDescent : public Algorithm {
 public:
  explicit GradientDescent(const GradientDescentOptions& options)
      : kind_(options.line_search), length_(options.step) {}

  bool advance(Problem& problem, Point& at, History&) override {
    auto step = line_search(problem, at, -at.gradient, {.kind = kind_, .first = length_});
    if (!step) return false;
    if (kind_ != LineSearch::none) length_ = next_length(at, *step);
    at = std::move(step->to);
    return true;
  }

 private:
  // s·y/y·y for the step s and the gradient's change y. If the slope has become steeper, ten times
  // the step: then no length is known to be too long.
  static double next_length(const Point& from, const Step& step) {
    const Tensor y = step.to.gradient - from.gradient;
    const double length = -step.length * inner(from.gradient, y) / inner(y, y);
    return length > 0 && std::isfinite(length) ? length : 10 * step.length;
  }

  LineSearch kind_;
  double length_;  // the first length to try
};

}  // namespace

Method gradient_descent(const GradientDescentOptions& options) {
  if (!(options.step > 0 && std::isfinite(options.step)))
    fail_usage("gradient_descent", "step = ", options.step, " is not above 0 and finite.");
  return {"gradient descent", [=] { return std::make_unique<GradientDescent>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
