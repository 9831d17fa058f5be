// Stores points, and the best of them.
#include <reel/optim/minimize/history.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {

void History::add(const Tensor& theta, double value, const Evaluations& evaluations) {
  if (keep_points_) points_.push_back(theta);
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
