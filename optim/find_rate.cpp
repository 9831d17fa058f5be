// Trains with growing rates, and restores everything.
#include <reel/optim/find_rate.h>

#include <algorithm>
#include <cmath>

#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// Saves the state that a step changes, and restores it.
class Backup {
 public:
  explicit Backup(Optimizer& optimizer) : optimizer_(optimizer), state_(optimizer.state()) {
    for (Parameter parameter : optimizer.parameters()) {
      values_.push_back(parameter.value());
      gradients_.push_back(parameter.gradient());
      parameter.set_gradient(gradients_.back());  // throws here if a shape does not fit
    }
    optimizer.clear_gradients();  // so that no backward pass writes to the saved gradients
  }
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;
  ~Backup() {
    std::size_t i = 0;
    for (Parameter parameter : optimizer_.parameters()) {
      parameter.mutate() = std::move(values_[i]);
      parameter.set_gradient(std::move(gradients_[i++]));
    }
    optimizer_.set_state(state_);
  }

 private:
  Optimizer& optimizer_;
  State state_;
  std::vector<Tensor> values_;
  std::vector<SharedTensor> gradients_;
};

// Σ βᵏ⁻ⁱ·(1 − β)·Lᵢ, divided by the sum of the weights; exact while all losses are equal.
class Smoothed {
 public:
  explicit Smoothed(double beta) : beta_(beta) {}
  double operator()(double loss) {
    weight_ = beta_ * weight_ + (1 - beta_);
    return mean_ += (1 - beta_) / weight_ * (loss - mean_);
  }

 private:
  double beta_, mean_ = 0, weight_ = 0;
};

void check(const FindRateOptions& o) {
  const auto expect = [](std::string_view option, double value, bool fits, std::string_view range) {
    expect_option("find_rate", option, value, fits, range);
  };
  expect("from", o.from, o.from > 0 && std::isfinite(o.from), "positive");
  expect("to", o.to, o.to > o.from && std::isfinite(o.to), "finite and above `from`");
  expect("steps", static_cast<double>(o.steps), o.steps >= 3, "at least 3");
  expect("smoothing", o.smoothing, o.smoothing >= 0 && o.smoothing < 1, "in [0, 1)");
  expect("stop", o.stop, o.stop > 1, "above 1");
}

RateCurve run(Optimizer& optimizer, const std::function<double()>& step,
              const FindRateOptions& options) {
  const std::size_t groups = optimizer.group_count();
  std::vector<double> ratios;
  for (std::size_t g = 0; g < groups; ++g) ratios.push_back(optimizer.lr(g) / optimizer.lr());
  RateCurve curve{};
  Smoothed smooth(options.smoothing);
  double best = smooth(step());
  for (std::size_t k = 0; k < options.steps && std::isfinite(best); ++k) {
    const double progress = static_cast<double>(k) / static_cast<double>(options.steps - 1);
    const double rate = std::pow(options.from, 1 - progress) * std::pow(options.to, progress);
    for (std::size_t g = 0; g < groups; ++g) optimizer.set_lr(g, rate * ratios[g]);
    optimizer.step();
    const double loss = step(), smoothed = smooth(loss);
    if (!std::isfinite(loss)) break;
    curve.rates.push_back(rate);
    curve.losses.push_back(loss);
    curve.smoothed.push_back(smoothed);
    // this bound is stop·best for positive losses, and above `best` for all
    if (smoothed > best + (options.stop - 1) * std::abs(best)) break;
    best = std::min(best, smoothed);
  }
  return curve;
}

// The index at which the loss falls most steeply on its way to its lowest value; 0 if it falls
// nowhere. A fall at a higher rate is only a return from a rise.
std::size_t steepest(const std::vector<double>& smoothed) {
  const auto lowest = static_cast<std::size_t>(std::min_element(smoothed.begin(), smoothed.end()) -
                                               smoothed.begin());
  std::size_t found = 0;
  double fall = 0;
  for (std::size_t k = 1; k + 1 < smoothed.size() && k <= lowest; ++k)
    if (const double here = smoothed[k - 1] - smoothed[k + 1]; here > fall) {
      fall = here;
      found = k;
    }
  return found;
}

}  // namespace

RateCurve find_rate(Optimizer& optimizer, const std::function<double()>& step,
                    const FindRateOptions& options) {
  check(options);
  if (!step) fail_usage("find_rate", "was given an empty function.");
  if (optimizer.lr() == 0) fail_usage("find_rate", "the first group's rate is 0.");
  RateCurve curve;
  {
    const Backup backup(optimizer);
    curve = run(optimizer, step, options);
  }
  const std::size_t found = steepest(curve.smoothed);
  if (found == 0)
    fail_usage("find_rate", "the loss did not fall at any of ", curve.rates.size(), " rates from ",
               options.from, ". Hint: a lower `from`.");
  curve.suggestion = curve.rates[found];
  return curve;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
