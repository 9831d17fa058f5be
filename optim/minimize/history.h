// History: all points that a search has tracked, and the best one.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// All points that a search has tracked, in order, and the best of them.
class History {
 public:
  /// `keep_points`: whether to store each θ; empty: as long as all of them take at most 8 MiB. The
  /// best θ is always stored.
  explicit History(std::optional<bool> keep_points = {})
      : keeps_(keep_points.value_or(true)), limited_(!keep_points) {}

  /// Adds a point, with the evaluations so far.
  void add(const Tensor& theta, double value, const Evaluations& evaluations);
  /// Starts a new run after a restart: all later points belong to it.
  void begin_run() { runs_.push_back(size()); }

  /// The number of tracked points, including the start of each run.
  std::size_t size() const noexcept { return values_.size(); }
  /// Whether θ of each point is stored.
  bool has_points() const noexcept { return keeps_; }
  /// θ of each point. Throws Error if they were not stored.
  const std::vector<Tensor>& points() const;
  /// The value at each point.
  const std::vector<double>& values() const noexcept { return values_; }
  /// For each point, the evaluations that had been made by then.
  const std::vector<Evaluations>& evaluations() const noexcept { return evaluations_; }
  /// The index of the first point of each run.
  const std::vector<std::size_t>& runs() const noexcept { return runs_; }

  /// The point with the lowest finite value, the first of them if there are several. If there is
  /// none, θ is empty and the value is infinite.
  const Tensor& best_theta() const noexcept { return best_theta_; }
  /// The value at best_theta().
  double best_value() const noexcept { return best_value_; }
  /// For each point, the lowest finite value up to it.
  std::vector<double> best_values() const;

 private:
  bool keeps_, limited_;
  std::vector<Tensor> points_;
  std::vector<double> values_;
  std::vector<Evaluations> evaluations_;
  std::vector<std::size_t> runs_;
  Tensor best_theta_ = {};
  double best_value_ = std::numeric_limits<double>::infinity();
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
