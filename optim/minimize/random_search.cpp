// Draws candidates and compares them.
#include <reel/optim/minimize/random_search.h>

#include <cmath>
#include <functional>
#include <utility>

#include <reel/autodiff/core/rng.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class Search : public Algorithm {
 public:
  /// An element of the next candidate, from the same element of the start and of the best point.
  using Draw = std::function<double(Rng& rng, double start, double best)>;

  Search(std::uint64_t seed, Draw draw) : rng_(seed), draw_(std::move(draw)) {}

  Point begin(Problem& problem, const Tensor& start, bool) override {
    start_ = start;
    return {start, problem.value(start)};
  }
  bool advance(Problem& problem, Point& at, History& history) override {
    Tensor candidate = uninitialized(at.theta.shape());
    for (std::size_t i = 0; i < candidate.size(); ++i)
      candidate.data()[i] = static_cast<Real>(draw_(rng_, static_cast<double>(start_.data()[i]),
                                                    static_cast<double>(at.theta.data()[i])));
    const double value = problem.value(candidate);
    history.add(candidate, value, problem.evaluations());
    if (std::isfinite(value) && value < at.value) at = {std::move(candidate), value};
    return true;
  }

 private:
  Rng rng_;
  Draw draw_;
  Tensor start_ = {};
};

Method search(const char* name, std::uint64_t seed, Search::Draw draw) {
  Method method{name, [=] { return std::make_unique<Search>(seed, draw); }};
  method.gradients = false;
  method.adds_points = true;
  return method;
}

void check_deviation(const char* where, double deviation) {
  if (!(deviation > 0) || !std::isfinite(deviation))
    fail_usage(where, "deviation = ", deviation, " is not above 0 and finite.");
}

}  // namespace

Method random_search(const RandomSearchOptions& options) {
  if (options.low.has_value() != options.high.has_value())
    fail_usage("random_search", "takes low and high together, got one of them.");
  if (!options.low) {
    check_deviation("random_search", options.deviation);
    return search("random search", options.seed, [=](Rng& rng, double start, double) {
      return start + options.deviation * rng.normal();
    });
  }
  const double low = *options.low, high = *options.high;
  if (!(low < high) || !std::isfinite(high - low))
    fail_usage("random_search", "low = ", low, " is not below high = ", high, ", both finite.");
  return search("random search", options.seed,
                [=](Rng& rng, double, double) { return rng.uniform(low, high); });
}

Method hill_climbing(const HillClimbingOptions& options) {
  check_deviation("hill_climbing", options.deviation);
  return search("hill climbing", options.seed, [=](Rng& rng, double, double best) {
    return best + options.deviation * rng.normal();
  });
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
