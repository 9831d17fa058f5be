// Decides when a rate changes, and by how much.
#include <reel/optim/loss_schedule.h>

#include <algorithm>
#include <cmath>

#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

std::string loss_key(std::size_t i) { return concat("loss ", i); }

}  // namespace

Plateau::Plateau(Optimizer& optimizer, const PlateauOptions& options)
    : optimizer_(&optimizer),
      options_(options),
      best_(options.larger_is_better ? -no_limit : no_limit) {
  const auto& [larger, factor, patience, threshold, relative, cooldown, least, eps] = options;
  expect_option("plateau", "factor", factor, factor >= 0 && factor < 1, "in [0, 1)");
  expect_option("plateau", "threshold", threshold, threshold >= 0 && threshold < no_limit,
                "finite and ≥ 0");
  expect_option("plateau", "least", least, least >= 0 && least < no_limit, "finite and ≥ 0");
  expect_option("plateau", "eps", eps, eps >= 0 && eps < no_limit, "finite and ≥ 0");
}

bool Plateau::improves(double value) const {
  const double t = options_.threshold;
  if (options_.larger_is_better) return value > (options_.relative ? best_ * (1 + t) : best_ + t);
  return value < (options_.relative ? best_ * (1 - t) : best_ - t);
}

void Plateau::step(double value) {
  const bool better = improves(value);
  if (better) best_ = value;
  bad_ = better ? 0 : bad_ + 1;
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  if (bad_ <= options_.patience) return;
  static_cast<void>(optimizer_->lr());  // throws if the optimiser was moved away
  bad_ = 0;
  cooling_ = options_.cooldown;
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g) {
    const double old = optimizer_->lr(g), now = std::max(old * options_.factor, options_.least);
    if (old - now > options_.eps) optimizer_->set_lr(g, now);
  }
}

State Plateau::state() const {
  State state{"plateau"};
  state.put("best", best_);
  state.put("bad", static_cast<double>(bad_));
  state.put("cooling", static_cast<double>(cooling_));
  return state;
}

void Plateau::set_state(const State& state) {
  state.expect_kind("plateau");
  const double best = state.number("best");
  const std::size_t bad = state.count("bad"), cooling = state.count("cooling");
  best_ = best;
  bad_ = bad;
  cooling_ = cooling;
}

Steady::Steady(Optimizer& optimizer, const SteadyOptions& options)
    : optimizer_(&optimizer), options_(options) {
  const auto& [window, threshold, down, up, least, most] = options;
  if (window < 2) fail_usage("steady", "window = ", window, " is not at least 2.");
  expect_option("steady", "threshold", threshold, threshold >= 0 && threshold < no_limit,
                "finite and ≥ 0");
  expect_option("steady", "down", down, down > 0 && down < 1, "in (0, 1)");
  expect_option("steady", "up", up, up >= 1 && up < no_limit, "finite and ≥ 1");
  expect_option("steady", "least", least, least >= 0 && least < no_limit, "finite and ≥ 0");
  expect_option("steady", "most", most, most >= least, "at least `least`");
  losses_.reserve(window);
}

void Steady::step(double loss) {
  if (!std::isfinite(loss)) {
    losses_.clear();
    return scale(options_.down);
  }
  losses_.push_back(loss);
  if (losses_.size() < options_.window) return;
  const auto count = static_cast<double>(losses_.size());
  double rises = 0, size = std::abs(losses_[0]) / count;  // sums could overflow
  for (std::size_t i = 1; i < losses_.size(); ++i) {
    rises += std::max(0.0, losses_[i] - losses_[i - 1]);
    size += std::abs(losses_[i]) / count;
  }
  wildness_ = rises > 0 ? rises / size : 0;
  losses_.assign(1, loss);
  scale(wildness_ > options_.threshold ? options_.down : options_.up);
}

void Steady::scale(double factor) {
  static_cast<void>(optimizer_->lr());  // throws if the optimiser was moved away
  for (std::size_t g = 0; g < optimizer_->group_count(); ++g)
    optimizer_->set_lr(g, std::clamp(optimizer_->lr(g) * factor, options_.least, options_.most));
}

State Steady::state() const {
  State state{"steady"};
  state.put("wildness", wildness_);
  state.put("losses", static_cast<double>(losses_.size()));
  for (std::size_t i = 0; i < losses_.size(); ++i) state.put(loss_key(i), losses_[i]);
  return state;
}

void Steady::set_state(const State& state) {
  state.expect_kind("steady");
  const std::size_t count = state.count("losses");
  if (count >= options_.window)
    fail_usage("steady", "the state has ", count, " losses, the window is ", options_.window, '.');
  std::vector<double> losses;
  losses.reserve(options_.window);
  for (std::size_t i = 0; i < count; ++i) {
    losses.push_back(state.number(loss_key(i)));
    expect_option("steady", loss_key(i), losses[i], std::isfinite(losses[i]), "finite");
  }
  wildness_ = state.number("wildness");
  losses_ = std::move(losses);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
