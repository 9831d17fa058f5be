// History: every point that a search tracked, and the best of them.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

class History {
 public:
  /// `keep_points`: whether to keep each θ; the best one is kept in any case.
  explicit History(bool keep_points = true) : keep_points_(keep_points) {}

  void add(const Tensor& theta, double value, const Evaluations& evaluations);
  /// What is added from now on is another run: a restart.
  void begin_run() { runs_.push_back(size()); }

  /// Points tracked, starts included.
  std::size_t size() const noexcept { return values_.size(); }
  /// θ of each; empty if they were not kept.
  const std::vector<Tensor>& points() const noexcept { return points_; }
  const std::vector<double>& values() const noexcept { return values_; }
  /// What had been evaluated by then.
  const std::vector<Evaluations>& evaluations() const noexcept { return evaluations_; }
  /// The index at which each run began.
  const std::vector<std::size_t>& runs() const noexcept { return runs_; }

  /// The point with the lowest finite value, the first of several; θ is empty and the value
  /// infinite if there is none.
  const Tensor& best_theta() const noexcept { return best_theta_; }
  double best_value() const noexcept { return best_value_; }
  /// The lowest finite value up to each point.
  std::vector<double> best_values() const;

 private:
  bool keep_points_;
  std::vector<Tensor> points_;
  std::vector<double> values_;
  std::vector<Evaluations> evaluations_;
  std::vector<std::size_t> runs_;
  Tensor best_theta_ = {};
  double best_value_ = std::numeric_limits<double>::infinity();
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
