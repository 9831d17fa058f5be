// Stores points, and the best of them.
#include <reel/optim/minimize/history.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {

namespace {

constexpr std::size_t most_bytes = 8 << 20;

}  // namespace

const std::vector<Tensor>& History::points() const {
  if (!keeps_)
    fail_usage("history", "the ", size(),
               " points were not stored. Hint: minimize(…, {.keep_points = true}).");
  return points_;
}

void History::add(const Tensor& theta, double value, const Evaluations& evaluations) {
  if (keeps_) points_.push_back(theta);
  if (limited_ && points_.size() * (sizeof(Tensor) + theta.size() * sizeof(Real)) > most_bytes) {
    keeps_ = false;
    points_.clear();
    points_.shrink_to_fit();
  }
  values_.push_back(value);
  evaluations_.push_back(evaluations);
  if (std::isfinite(value) && value < best_value_) {
    best_theta_ = theta;
    best_value_ = value;
  }
}

std::vector<double> History::best_values() const {
  std::vector<double> best(values_.size());
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (std::isfinite(values_[i])) lowest = std::min(lowest, values_[i]);
    best[i] = lowest;
  }
  return best;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
