// The learning-rate range test: its measurements, that it restores everything, and its suggestion.
#include <reel/optim/find_rate.h>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/optim/adam.h>
#include <reel/optim/sgd.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "bits.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// Σ cᵢpᵢ²/2: a step multiplies pᵢ by 1 − lr·cᵢ, and diverges from lr = 2/max cᵢ on.
double bowl(const Parameter& p, const Tensor& curvature) {
  Tape tape;
  const Var loss = Real(0.5) * sum(Var(curvature) * square(p));
  tape.backward(loss);
  return static_cast<double>(loss.item());
}

// A model, and the bits of everything that a test must restore.
struct Run {
  Parameter p{vector({1, -2, 3}), "p"}, q{scalar(4), "q"}, unused{vector({7}), "unused"};
  Adam adam{{{.parameters = {p, unused}, .lr = 0.1}, {.parameters = {q}, .lr = 0.4}}};
  int calls = 0;

  Run() {
    for (int i = 0; i < 3; ++i) {
      step();
      adam.step();
    }
    step();  // leaves gradients
    calls = 0;
  }
  double step() {
    ++calls;
    return bowl(p, vector({1, 2, 3})) + bowl(q, scalar(1));
  }
  std::string bits() const {
    return reel::bits(adam) + reel::bits(*p.gradient()) + reel::bits(*q.gradient());
  }
};

TEST_CASE("find_rate: everything is put back to the bit") {
  Run run;
  const std::string before = run.bits();
  const void *p_gradient = run.p.gradient().identity(), *q_gradient = run.q.gradient().identity();
  std::vector<double> first_rates, second_rates;
  const RateCurve curve = find_rate(run.adam,
                                    [&] {
                                      first_rates.push_back(run.adam.lr(0));
                                      second_rates.push_back(run.adam.lr(1));
                                      return run.step();
                                    },
                                    {.from = 1e-4, .to = 1, .steps = 20});
  CHECK(run.bits() == before);
  CHECK(run.p.gradient().identity() == p_gradient);
  CHECK(run.q.gradient().identity() == q_gradient);
  CHECK_FALSE(run.unused.gradient());
  CHECK(run.adam.lr(0) == 0.1);

  // one call before the first step, one after each; the ratios of the groups' rates stay the same
  CHECK(run.calls == 21);
  REQUIRE(curve.rates.size() == 20);
  CHECK(first_rates[0] == 0.1);
  for (std::size_t k = 0; k < 20; ++k) {
    CHECK(first_rates[k + 1] == curve.rates[k]);
    CHECK(near(second_rates[k + 1], 4 * curve.rates[k], 1e-15));
  }
  // the test can be repeated
  const RateCurve again =
      find_rate(run.adam, [&] { return run.step(); }, {.from = 1e-4, .to = 1, .steps = 20});
  CHECK(again.losses == curve.losses);
  CHECK(again.suggestion == curve.suggestion);
}

TEST_CASE("find_rate: everything is put back when it ends with an error") {
  for (const int last : {1, 2, 7}) {
    CAPTURE(last);
    Run run;
    const std::string before = run.bits();
    const auto thrower = [&] {
      const double loss = run.step();
      if (run.calls == last) throw std::runtime_error("mine");
      return loss;
    };
    CHECK_THROWS_WITH_AS(find_rate(run.adam, thrower), "mine", std::runtime_error);
    CHECK(run.calls == last);
    CHECK(run.bits() == before);
  }
  Run run;
  const std::string before = run.bits();
  // no gradients; a parameter that was resized, which the optimiser detects; no fall
  CHECK_ERROR("[adam] no parameter has a gradient", find_rate(run.adam, [] { return 1.0; }));
  CHECK(run.bits() == before);
  const auto resizing = [&] {
    run.p.clear_gradient();
    run.p.mutate() = zeros({9});
    run.p.set_gradient(zeros({9}));
    return 1.0;
  };
  CHECK_ERROR("\"p\" has shape (9)", find_rate(run.adam, resizing));
  CHECK(run.bits() == before);
  CHECK_ERROR("the loss did not fall at any", find_rate(run.adam, [&] { return run.step(), nan; }));
  CHECK(run.bits() == before);
}

TEST_CASE("find_rate: a gradient that no longer fits is an error at the start") {
  Run run;
  run.p.mutate() = zeros({9});
  CHECK_ERROR("[parameter \"p\"] has shape (9), got a gradient of shape (3)",
              find_rate(run.adam, [&] { return run.step(); }));
  CHECK(run.calls == 0);
  CHECK(run.p.gradient()->shape() == Shape{3});
  CHECK(run.q.gradient());
}

TEST_CASE("find_rate: the gradients that were there take no part") {
  Parameter p(vector({1}), "p");
  Sgd sgd({p}, {.lr = 1});
  const auto step = [&] { return bowl(p, vector({1})); };
  const RateCurve clean = find_rate(sgd, step);
  p.set_gradient(vector({1000}));
  const RateCurve dirty = find_rate(sgd, step);
  CHECK(dirty.losses == clean.losses);
  CHECK(*p.gradient() == vector({1000}));
}

TEST_CASE("find_rate: rates, losses and their running mean are what it says") {
  const Parameter p(vector({2}), "p");
  Sgd sgd({p}, {.lr = 1});
  for (const double smoothing : {0.0, 0.75}) {
    CAPTURE(smoothing);
    const RateCurve curve =
        find_rate(sgd, [&] { return bowl(p, vector({1})); },
                  {.from = 0.01, .to = 0.64, .steps = 7, .smoothing = smoothing});
    REQUIRE(curve.rates.size() == 7);
    CHECK(curve.rates.front() == 0.01);
    CHECK(curve.rates.back() == 0.64);
    double x = 2, sum = (1 - smoothing) * 2, weight = 1 - smoothing;
    for (std::size_t k = 0; k < 7; ++k) {
      CHECK(near(curve.rates[k], 0.01 * std::pow(2, k), 1e-15));
      x *= 1 - curve.rates[k];
      CHECK(near(curve.losses[k], x * x / 2, 1e-14));
      sum = smoothing * sum + (1 - smoothing) * x * x / 2;
      weight = smoothing * weight + 1 - smoothing;
      CHECK(near(curve.smoothed[k], sum / weight, 1e-14));
    }
    // the steepest fall, from the neighbour before to the one after
    std::size_t steepest = 1;
    for (std::size_t k = 2; k < 6; ++k)
      if (curve.smoothed[k - 1] - curve.smoothed[k + 1] >
          curve.smoothed[steepest - 1] - curve.smoothed[steepest + 1])
        steepest = k;
    CHECK(curve.suggestion == curve.rates[steepest]);
  }
}

TEST_CASE("find_rate: the suggestion is a rate that works") {
  // the largest curvature is 10: rates from 0.2 on diverge
  const Tensor curvature = vector({1, 3, 10});
  for (const double lr : {1e-3, 1.0, 50.0}) {
    CAPTURE(lr);
    const Parameter p(vector({3, -2, 1}), "p");
    Sgd sgd({p}, {.lr = lr});
    const auto step = [&] { return bowl(p, curvature); };
    const RateCurve curve = find_rate(sgd, step);
    CHECK(curve.suggestion > 0.02);
    CHECK(curve.suggestion < 0.2);
    CHECK(curve.rates.size() < 100);  // ended when the loss grew
    CHECK(curve.rates.back() > 0.2);
    CHECK(curve.smoothed.size() == curve.rates.size());
    CHECK(curve.losses.size() == curve.rates.size());
    sgd.set_lr(curve.suggestion);
    const double before = step();
    for (int i = 0; i < 50; ++i) {
      sgd.step();
      step();
    }
    sgd.clear_gradients();
    CHECK(step() < 0.1 * before);
  }
}

TEST_CASE("find_rate: ends when the loss is more than so much of its best") {
  const Parameter p(vector({1}), "p");
  Sgd sgd({p}, {.lr = 1});
  for (const double shift : {0.0, -100.0}) {
    // a negative best: the margin above it is as large as for a positive best of the same size
    CAPTURE(shift);
    for (const double stop : {1.5, 4.0}) {
      CAPTURE(stop);
      const RateCurve curve = find_rate(sgd, [&] { return bowl(p, vector({1})) + shift; },
                                        {.to = 1000, .smoothing = 0, .stop = stop});
      double best = 0.5 + shift;
      for (std::size_t k = 0; k < curve.smoothed.size(); ++k) {
        const bool last = k + 1 == curve.smoothed.size();
        CHECK((curve.smoothed[k] > best + (stop - 1) * std::abs(best)) == last);
        best = std::min(best, curve.smoothed[k]);
      }
    }
  }
  // it never ends if no growth is too much; a loss that is not finite ends it, and is not recorded
  const RateCurve all =
      find_rate(sgd, [&] { return bowl(p, vector({1})); }, {.to = 10, .stop = inf});
  CHECK(all.rates.size() == 100);
  for (const double bad : {nan, inf, -inf}) {
    int calls = 0;
    const RateCurve part = find_rate(sgd, [&] {
      const double loss = bowl(p, vector({1}));
      return ++calls == 12 ? bad : loss;
    });
    CHECK(calls == 12);
    CHECK(part.losses.size() == 10);
    for (const double smoothed : part.smoothed) CHECK(std::isfinite(smoothed));
  }
}

TEST_CASE("find_rate: a fall after the lowest loss is no suggestion") {
  Parameter x(vector({1}));
  Sgd sgd({x}, {.lr = 1});
  const std::vector<double> losses{2, 1.9, 1.5, 1.4, 3, 1.6, 1.6};
  std::size_t call = 0;
  const RateCurve curve = find_rate(sgd,
                                    [&] {
                                      x.set_gradient(SharedTensor(vector({0})));
                                      return losses[call++];
                                    },
                                    {.steps = 6, .smoothing = 0});
  REQUIRE(curve.smoothed.size() == 6);
  CHECK(curve.suggestion == curve.rates[1]);  // 1.9 − 1.4, and not 3 − 1.6
}

TEST_CASE("find_rate: no suggestion without a fall") {
  const Parameter p(vector({1}), "p");
  Sgd sgd({p}, {.lr = 1});
  const auto step = [&] { return bowl(p, vector({1})); };
  CHECK(message_of([&] { find_rate(sgd, step, {.from = 100, .to = 1000}); }) ==
        "[find_rate] the loss did not fall at any of 1 rates from 100. Hint: a lower `from`.");
  for (const double constant : {1.0, 0.3, -0.7, 1e-300})  // rounding must not suggest a fall
    for (const double smoothing : {0.0, 0.7, 0.8, 0.99})
      CHECK_ERROR("[find_rate] the loss did not fall at any of 100 rates",
                  find_rate(sgd, [&] { return step(), constant; }, {.smoothing = smoothing}));
  CHECK_ERROR("at any of 0 rates", find_rate(sgd, [&] { return step(), nan; }));
  CHECK_ERROR("at any of 0 rates",
              find_rate(sgd, [&, calls = 0]() mutable { return step(), ++calls == 1 ? 1 : inf; }));
  CHECK(sgd.lr() == 1);
  CHECK(p.value() == vector({1}));
}

TEST_CASE("find_rate: options that make no sense are named") {
  const Parameter p(vector({1}), "p");
  Sgd sgd({p}, {.lr = 1});
  int calls = 0;
  const auto error = [&](const FindRateOptions& options) {
    return message_of([&] {
      find_rate(
          sgd, [&] { return ++calls, 1.0; }, options);
    });
  };
  CHECK(error({.from = 0}) == "[find_rate] from = 0 is not positive.");
  CHECK(error({.from = 1, .to = 1}) == "[find_rate] to = 1 is not finite and above `from`.");
  CHECK(error({.steps = 2}) == "[find_rate] steps = 2 is not at least 3.");
  CHECK(error({.smoothing = 1}) == "[find_rate] smoothing = 1 is not in [0, 1).");
  CHECK(error({.stop = 1}) == "[find_rate] stop = 1 is not above 1.");
  for (const double wrong : {-1.0, -inf, nan}) {
    CAPTURE(wrong);
    CHECK(error({.from = wrong}).starts_with("[find_rate] from = "));
    CHECK(error({.to = wrong}).starts_with("[find_rate] to = "));
    CHECK(error({.smoothing = wrong}).starts_with("[find_rate] smoothing = "));
    CHECK(error({.stop = wrong}).starts_with("[find_rate] stop = "));
  }
  CHECK(error({.from = inf}).starts_with("[find_rate] from = inf"));
  CHECK(error({.to = inf}).starts_with("[find_rate] to = inf"));
  CHECK(message_of([&] { find_rate(sgd, nullptr); }) == "[find_rate] was given an empty function.");
  sgd.set_lr(0);
  CHECK(error({}) == "[find_rate] the first group's rate is 0.");
  CHECK(calls == 0);
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
