// Schedules: learning rates as functions of time.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The rate at time t, from 0, of a group whose own rate is `base`. t counts what the user steps
/// by: batches or epochs. Any function will do, and functions of functions:
///
///     const Rate warm = linear_warm_up(100), fall = cosine(1000);
///     Schedule schedule(adam, [=](double base, std::size_t t) { return warm(fall(base, t), t); });
using Rate = std::function<double(double base, std::size_t t)>;

// All throw Error for options that make no sense. Where PyTorch has the same, the rates are those
// of its step-by-step rule, from formulas in t.

/// base·factor^⌊t/every⌋.
Rate step_decay(std::size_t every, double factor = 0.1);

/// base·factor^(how many of `at` are ≤ t); one that is there twice counts twice.
Rate multi_step(std::vector<std::size_t> at, double factor = 0.1);

/// base·factorᵗ.
Rate exponential(double factor);

/// least + (base − least)·(1 + cos(πt/length))/2: down to `least` at t = length, and up again after
/// it, as in PyTorch. Loshchilov and Hutter, ICLR 2017.
Rate cosine(std::size_t length, double least = 0);

/// The same, but at its end it starts anew from `base`, each time `stretch` times as long: `least`
/// itself is never reached.
Rate cosine_restarts(std::size_t length, std::size_t stretch = 1, double least = 0);

/// base·(from + (1 − from)·t/length), and base from t = length on.
Rate linear_warm_up(std::size_t length = 5, double from = 1.0 / 3);

struct OneCycleOptions {
  double rise = 0.3;          ///< fraction of the length in which the rate rises
  double start_divisor = 25;  ///< base/start_divisor is the first rate
  double end_divisor = 1e4;   ///< the first rate/end_divisor is the last
  bool linear = false;        ///< instead of half a cosine
  bool three_phases = false;  ///< falls as long as it rises, to the first rate, then to the last
};

/// Up to `base`, the peak, at t = rise·length − 1, and down to the last rate at t = length − 1,
/// where it stays. The rate alone: momentum is not cycled. Smith and Topin, arXiv:1708.07120, 2018.
Rate one_cycle(std::size_t length, const OneCycleOptions& options = {});

/// The first rate until t = starts[0], then the second until starts[1], …; each counts from its own
/// start. `starts` ascends, and is one shorter than `rates`.
///
///     sequence({linear_warm_up(5), cosine(95)}, {5})
Rate sequence(std::vector<Rate> rates, std::vector<std::size_t> starts);

/// Sets the rate of each group of an optimiser, from the one that it had when the schedule was
/// made. One that is set by hand lasts until the next step.
class Schedule : public Stateful {
 public:
  /// Sets the rates for t = 0. The optimiser must outlive it. Throws Error if the rate is not
  /// finite and ≥ 0, here and in `step`; then no rate has changed.
  Schedule(Optimizer& optimizer, Rate rate);

  /// Goes on to t + 1 and sets its rates.
  void step();
  std::size_t t() const noexcept { return t_; }

  /// t and the groups' base rates. The optimiser's state holds the present rates.
  State state() const override;
  void set_state(const State& state) override;

 private:
  void go_to(std::size_t t);

  Optimizer* optimizer_;
  Rate rate_;
  std::vector<double> base_;
  std::size_t t_ = 0;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
