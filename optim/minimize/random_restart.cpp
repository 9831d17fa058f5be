// Runs a method from random starts.
#include <reel/optim/minimize/random_restart.h>

#include <cmath>
#include <utility>

#include <reel/autodiff/core/rng.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class RandomRestart : public Algorithm {
 public:
  RandomRestart(Method method, const RandomRestartOptions& options)
      : method_(std::move(method)), options_(options), rng_(options.seed) {}

  Point begin(Problem& problem, const Tensor& start, bool) override {
    start_ = start;
    return {start, problem.value(start)};
  }
  bool advance(Problem& problem, Point& at, History& history) override {
    if (runs_ == options_.restarts || ending_.status == Status::stopped) return false;
    ++runs_;
    Tensor from = start_;
    for (Real& element : from.storage())
      element += static_cast<Real>(options_.deviation * rng_.normal());
    const double before = history.best_value();
    const detail::Descent run = detail::descend(problem, from, method_, options_.options, history);
    if (run.error) std::rethrow_exception(run.error);
    if (history.best_value() < before) {
      at = {history.best_theta(), history.best_value()};
      ending_ = {run.status, concat("run ", runs_, " was the best (", run.message, ")")};
    }
    if (run.status == Status::stopped) ending_ = {run.status, run.message};
    return true;
  }
  Ending ending() const override { return ending_; }

 private:
  Method method_;
  RandomRestartOptions options_;
  Rng rng_;
  std::size_t runs_ = 0;
  Tensor start_ = {};
  Ending ending_ = {Status::stalled, "no run found a better point than the start"};
};

}  // namespace

Method random_restart(Method method, const RandomRestartOptions& options) {
  if (options.restarts == 0) fail_usage("random_restart", "restarts = 0, there is nothing to do.");
  if (!(options.deviation >= 0) || !std::isfinite(options.deviation))
    fail_usage("random_restart", "deviation = ", options.deviation, " is negative or not finite.");
  Method result{"random restart of " + method.name, {}};
  result.residuals = method.residuals;
  result.gradients = false;
  result.adds_points = true;
  result.iterations = options.restarts + 1;  // the last iteration finds nothing left to do
  result.make = [method = std::move(method), options] {
    return std::make_unique<RandomRestart>(method, options);
  };
  return result;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
