// The formulas of the rates, and the Schedule that sets them.
#include <reel/optim/schedule.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using std::numbers::pi;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

void check_positive(std::string_view where, std::string_view option, double value) {
  expect_option(where, option, value, value > 0 && std::isfinite(value), "positive");
}

void check_least(std::string_view where, double least) {
  expect_option(where, "least", least, least >= 0 && std::isfinite(least), "finite and ≥ 0");
}

void check_fraction(std::string_view where, std::string_view option, double value) {
  expect_option(where, option, value, value >= 0 && value <= 1, "in [0, 1]");
}

double ratio(std::size_t a, std::size_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// From `a` at progress 0 to `b` at progress 1.
double half_cosine(double a, double b, double progress) {
  return b + (a - b) * (1 + std::cos(pi * progress)) / 2;
}

std::string group_key(std::size_t group) { return concat("base of group ", group); }

}  // namespace

Rate step_decay(std::size_t every, double factor) {
  if (every == 0) fail_usage("step_decay", "every = 0 is not positive.");
  check_positive("step_decay", "factor", factor);
  return [=](double base, std::size_t t) {
    return base * std::pow(factor, static_cast<double>(t / every));
  };
}

Rate multi_step(std::vector<std::size_t> at, double factor) {
  check_positive("multi_step", "factor", factor);
  std::sort(at.begin(), at.end());
  return [at = std::move(at), factor](double base, std::size_t t) {
    const auto passed = std::upper_bound(at.begin(), at.end(), t) - at.begin();
    return base * std::pow(factor, static_cast<double>(passed));
  };
}

Rate exponential(double factor) {
  check_positive("exponential", "factor", factor);
  return
      [=](double base, std::size_t t) { return base * std::pow(factor, static_cast<double>(t)); };
}

Rate linear_decay(std::size_t length, double least) {
  if (length == 0) fail_usage("linear_decay", "length = 0 is not positive.");
  check_least("linear_decay", least);
  return [=](double base, std::size_t t) {
    return t < length ? base + (least - base) * ratio(t, length) : least;
  };
}

Rate cosine(std::size_t length, double least) {
  if (length == 0) fail_usage("cosine", "length = 0 is not positive.");
  check_least("cosine", least);
  return [=](double base, std::size_t t) { return half_cosine(base, least, ratio(t, length)); };
}

Rate cosine_restarts(std::size_t length, std::size_t stretch, double least) {
  if (length == 0 || stretch == 0)
    fail_usage("cosine_restarts", "length = ", length, " and stretch = ", stretch,
               " are not both positive.");
  check_least("cosine_restarts", least);
  return [=](double base, std::size_t t) {
    std::size_t now = length;
    if (stretch == 1) t %= now;
    for (; t >= now; now = now > most / stretch ? most : now * stretch) t -= now;
    return half_cosine(base, least, ratio(t, now));
  };
}

Rate linear_warm_up(std::size_t length, double from) {
  if (length == 0) fail_usage("linear_warm_up", "length = 0 is not positive.");
  check_fraction("linear_warm_up", "from", from);
  return [=](double base, std::size_t t) {
    return t < length ? base * (from + (1 - from) * ratio(t, length)) : base;
  };
}

Rate one_cycle(std::size_t length, const OneCycleOptions& options) {
  if (length == 0) fail_usage("one_cycle", "length = 0 is not positive.");
  check_fraction("one_cycle", "rise", options.rise);
  if (options.three_phases)
    expect_option("one_cycle", "rise", options.rise, options.rise <= 0.5,
                  "at most 0.5 in three phases");
  check_positive("one_cycle", "start_divisor", options.start_divisor);
  check_positive("one_cycle", "end_divisor", options.end_divisor);
  return [=](double base, std::size_t time) {
    const double last = static_cast<double>(length) - 1;
    const double t = std::min(static_cast<double>(time), last);
    const double first_rate = base / options.start_divisor;
    const double last_rate = first_rate / options.end_divisor;
    const double top = options.rise * static_cast<double>(length) - 1;
    const auto between = [&](double from, double to, double begin, double end) {
      const double progress = end > begin ? (t - begin) / (end - begin) : 1;
      return options.linear ? from + (to - from) * progress : half_cosine(from, to, progress);
    };
    if (t <= top) return between(first_rate, base, 0, top);
    if (!options.three_phases) return between(base, last_rate, top, last);
    const double bottom = 2 * top;
    if (t <= bottom) return between(base, first_rate, top, bottom);
    return between(first_rate, last_rate, bottom, last);
  };
}

Rate sequence(std::vector<Rate> rates, std::vector<std::size_t> starts) {
  if (rates.empty()) fail_usage("sequence", "was given no rates.");
  if (rates.size() != starts.size() + 1)
    fail_usage("sequence", rates.size(), " rates need ", rates.size() - 1, " starts, got ",
               starts.size(), '.');
  if (std::adjacent_find(starts.begin(), starts.end(), std::greater_equal<>()) != starts.end())
    fail_usage("sequence", "the starts do not ascend.");
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!rates[i]) fail_usage("sequence", "rate ", i, " is an empty function.");
  return [rates = std::move(rates), starts = std::move(starts)](double base, std::size_t t) {
    const auto next = std::upper_bound(starts.begin(), starts.end(), t);
    const std::size_t begin = next == starts.begin() ? 0 : *std::prev(next);
    return rates[static_cast<std::size_t>(next - starts.begin())](base, t - begin);
  };
}

Schedule::Schedule(Optimizer& optimizer, Rate rate)
    : optimizer_(&optimizer), rate_(std::move(rate)) {
  if (!rate_) fail_usage("schedule", "was given an empty function.");
  static_cast<void>(optimizer.lr());  // throws if the optimiser was moved away
  for (std::size_t g = 0; g < optimizer.group_count(); ++g) base_.push_back(optimizer.lr(g));
  go_to(0);
}

void Schedule::step() { go_to(t_ + 1); }

void Schedule::go_to(std::size_t t) {
  std::vector<double> rates;
  for (const double own : base_) {
    rates.push_back(rate_(own, t));
    if (!(rates.back() >= 0 && std::isfinite(rates.back())))
      fail_usage("schedule", "the rate of group ", rates.size() - 1, " at t = ", t, " is ",
                 rates.back(), '.');
  }
  for (std::size_t g = 0; g < rates.size(); ++g) optimizer_->set_lr(g, rates[g]);
  t_ = t;
}

State Schedule::state() const {
  State state{"schedule"};
  state.put("t", static_cast<double>(t_));
  state.put("groups", static_cast<double>(base_.size()));
  for (std::size_t g = 0; g < base_.size(); ++g) state.put(group_key(g), base_[g]);
  return state;
}

void Schedule::set_state(const State& state) {
  state.expect_kind("schedule");
  if (const std::size_t groups = state.count("groups"); groups != base_.size())
    fail_usage("schedule", "the state has ", groups, " groups, expected ", base_.size(), '.');
  std::vector<double> base;
  for (std::size_t g = 0; g < base_.size(); ++g) {
    base.push_back(state.number(group_key(g)));
    expect_option("schedule", group_key(g), base[g], base[g] >= 0 && std::isfinite(base[g]),
                  "finite and ≥ 0");
  }
  t_ = state.count("t");
  base_ = std::move(base);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
