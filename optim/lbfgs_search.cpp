// Finds a bracket by longer and longer trials, then narrows it.
#include <reel/optim/lbfgs_search.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

constexpr double decrease = 1e-4, curvature = 0.9;  // c₁ and c₂
constexpr std::size_t most_tries = 25;              // after the first trial
constexpr double narrowest = 1e-9;  // of a bracket: the largest change of a parameter

// The minimum, within bounds, of the cubic through two trials, b the longer one. If there is no
// minimum, or a loss is infinite, the middle of the bounds. With z = a′ + b′ − 3(a − b)/(tₐ − t_b)
// and w = √(z² − a′b′), it is at t_b − (t_b − tₐ)(b′ + w − z)/(b′ − a′ + 2w); Nocedal and Wright,
// eq. 3.59.
double cubic_minimum(const LbfgsTrial& a, const LbfgsTrial& b, double least, double most) {
  if (a.t > b.t) return cubic_minimum(b, a, least, most);
  const double z = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double w = std::sqrt(z * z - a.slope * b.slope);
  const double t = b.t - (b.t - a.t) * ((b.slope + w - z) / (b.slope - a.slope + 2 * w));
  return std::isnan(t) ? (least + most) / 2 : std::clamp(t, least, most);
}

// The next trial inside a bracket. A trial within a tenth of an end is moved inwards if it is at
// the end or beyond, or if the trial before was also near an end (`near_end`).
double next_inside(const std::array<LbfgsTrial, 2>& ends, bool& near_end) {
  const double left = std::min(ends[0].t, ends[1].t), right = std::max(ends[0].t, ends[1].t);
  const double margin = 0.1 * (right - left);
  const double t = cubic_minimum(ends[0], ends[1], left, right);
  if (!(std::min(right - t, t - left) < margin)) {
    near_end = false;
    return t;
  }
  near_end = !(near_end || t >= right || t <= left);
  if (near_end) return t;
  return right - t < t - left ? right - margin : left + margin;
}

}  // namespace

LbfgsTrial search_wolfe(const std::function<LbfgsTrial(double t)>& at, const LbfgsTrial& start,
                        double first, double size) {
  const auto try_at = [&](double t) {
    LbfgsTrial trial = at(t);
    if (!std::isfinite(trial.loss) || !std::isfinite(trial.slope))
      trial.loss = std::numeric_limits<double>::infinity();
    return trial;
  };
  const auto falls_enough = [&](const LbfgsTrial& trial) {
    return trial.loss <= start.loss + decrease * trial.t * start.slope;
  };
  const auto flattens = [&](const LbfgsTrial& trial) {
    return std::abs(trial.slope) <= -curvature * start.slope;
  };

  std::array<LbfgsTrial, 2> ends{start, try_at(first)};
  std::size_t tries = 0;
  for (; tries < most_tries; ++tries) {
    auto& [before, now] = ends;
    // PyTorch compares from the third trial on; the algorithm in the book, from the second.
    if (!falls_enough(now) || (tries > 1 && now.loss >= before.loss)) break;
    if (flattens(now)) return now;
    if (now.slope >= 0) break;
    const double t = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), 10 * now.t);
    before = std::move(now);
    now = try_at(t);
  }
  if (tries == most_tries) ends[0] = start;

  const auto lower = [&]() -> std::size_t { return ends[0].loss <= ends[1].loss ? 0 : 1; };
  std::size_t low = lower();
  bool near_end = false;
  for (; tries < most_tries && !(std::abs(ends[1].t - ends[0].t) * size < narrowest); ++tries) {
    LbfgsTrial now = try_at(next_inside(ends, near_end));
    LbfgsTrial& high = ends[1 - low];
    if (!falls_enough(now) || now.loss >= ends[low].loss) {
      high = std::move(now);
      low = lower();
      continue;
    }
    if (flattens(now)) return now;
    if (now.slope * (high.t - ends[low].t) >= 0) high = std::move(ends[low]);
    ends[low] = std::move(now);
  }
  return std::move(ends[low]);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
