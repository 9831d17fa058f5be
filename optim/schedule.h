// Schedules: learning rates as functions of time.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The learning rate at time t, from 0, for a group with the rate `base`. t counts batches or
/// epochs, whichever you step by. Any function is allowed, also one made of other rates:
///
///     const Rate warm = linear_warm_up(100), fall = cosine(1000);
///     Schedule schedule(adam, [=](double base, std::size_t t) { return warm(fall(base, t), t); });
using Rate = std::function<double(double base, std::size_t t)>;

// All throw Error for options that make no sense. If PyTorch has the same schedule, the rates equal
// those of its step-by-step rule, but are computed by formulas in t.

/// base·factor^⌊t/every⌋.
Rate step_decay(std::size_t every, double factor = 0.1);

/// base·factor^(number of `at` that are ≤ t); an entry that occurs twice counts twice.
Rate multi_step(std::vector<std::size_t> at, double factor = 0.1);

/// base·factorᵗ.
Rate exponential(double factor);

/// Falls linearly from `base` to `least` at t = length, where it stays.
Rate linear_decay(std::size_t length, double least = 0);

/// least + (base − least)·(1 + cos(πt/length))/2: falls to `least` at t = length, then rises again,
/// as in PyTorch. Loshchilov and Hutter, ICLR 2017.
Rate cosine(std::size_t length, double least = 0);

/// The same, but it restarts from `base` after `length`, and each cycle is `stretch` times as long
/// as the one before. It never reaches `least` itself.
Rate cosine_restarts(std::size_t length, std::size_t stretch = 1, double least = 0);

/// base·(from + (1 − from)·t/length); from t = length on, base.
Rate linear_warm_up(std::size_t length = 5, double from = 1.0 / 3);

/// The options of `one_cycle`.
struct OneCycleOptions {
  double rise = 0.3;          ///< fraction of the length in which the rate rises
  double start_divisor = 25;  ///< the first rate is base/start_divisor
  double end_divisor = 1e4;   ///< the last rate is the first rate/end_divisor
  bool linear = false;        ///< linear instead of half a cosine
  bool three_phases = false;  ///< fall in the same time to the first rate, then to the last
};

/// Rises to `base`, the peak, at t = rise·length − 1, and falls to the last rate at t = length − 1,
/// where it stays. Only the rate changes, not the momentum. Smith and Topin, arXiv:1708.07120,
/// 2018.
Rate one_cycle(std::size_t length, const OneCycleOptions& options = {});

/// The first rate until t = starts[0], then the second until starts[1], and so on; each counts t
/// from its own start. `starts` is ascending, and has one entry less than `rates`.
///
///     sequence({linear_warm_up(5), cosine(95)}, {5})
Rate sequence(std::vector<Rate> rates, std::vector<std::size_t> starts);

/// Sets the rate of each group of an optimiser, based on the rate that the group had when the
/// schedule was made. A rate that you set by hand lasts until the next step.
class Schedule : public Stateful {
 public:
  /// Sets the rates for t = 0. The optimiser must outlive the schedule. Here and in `step`: throws
  /// Error, and changes no rate, if a rate is not finite and ≥ 0.
  Schedule(Optimizer& optimizer, Rate rate);

  /// Advances to t + 1 and sets its rates.
  void step();
  /// The number of calls of `step()` so far.
  std::size_t t() const noexcept { return t_; }

  /// t and the groups' base rates. The current rates are part of the optimiser's state.
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
