// Search without gradients, restarts, and stochastic relaxation.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/least_squares.h>
#include <reel/optim/minimize/random_restart.h>
#include <reel/optim/minimize/random_search.h>
#include <reel/optim/minimize/stochastic_relaxation.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the sampling errors are those of the seeds in double");

TEST_CASE("random search: every guess is tracked, the best one is the result") {
  for (const Method& method :
       {random_search({.deviation = 2, .seed = 4}), random_search({.low = -1, .high = 3}),
        hill_climbing({.deviation = 0.3, .seed = 4})}) {
    CAPTURE(method.name);
    const Result r = minimize(sphere, vector({2, -1}), method, {.iterations = 200});
    CHECK(r.status == Status::iteration_limit);
    CHECK(r.history.size() == 201);
    CHECK(r.evaluations.values == 201);
    CHECK(r.evaluations.gradients == 0);
    CHECK(std::isnan(r.gradient_norm));
    CHECK(r.theta == r.history.best_theta());
    CHECK(r.value == r.history.best_value());
    CHECK(r.value < 0.5);
    const Result again = minimize(sphere, vector({2, -1}), method, {.iterations = 200});
    CHECK(r.history.values() == again.history.values());
  }
  const auto values = [](std::uint64_t seed) {
    return minimize(sphere, vector({2, -1}), random_search({.seed = seed}), {.iterations = 9})
        .history.values();
  };
  CHECK(values(1) != values(2));
}

TEST_CASE("random search: where guesses are drawn") {
  const Tensor start = full({50}, 10);
  const auto guesses = [&](const Method& method) {
    const Result r = minimize(sphere, start, method, {.iterations = 400});
    double sum = 0, squares = 0, low = HUGE_VAL, high = -HUGE_VAL;
    std::size_t n = 0;
    for (std::size_t i = 1; i < r.history.size(); ++i)
      for (const Real x : r.history.points()[i]) {
        sum += x;
        squares += x * x;
        low = std::min(low, x);
        high = std::max(high, x);
        ++n;
      }
    const double mean = sum / static_cast<double>(n);
    return std::vector{mean, std::sqrt(squares / static_cast<double>(n) - mean * mean), low, high};
  };
  const auto normal = guesses(random_search({.deviation = 3}));
  CHECK(near(normal[0], 10, 0, 0.1));
  CHECK(near(normal[1], 3, 0.02));
  const auto uniform = guesses(random_search({.low = -2, .high = 6}));
  CHECK(near(uniform[0], 2, 0, 0.1));
  CHECK(near(uniform[1], 8 / std::sqrt(12.), 0.02));
  CHECK(uniform[2] >= -2);
  CHECK(uniform[3] < 6);
  // hill climbing moves away from the start
  CHECK(guesses(hill_climbing({.deviation = 0.5}))[2] < 8);
}

TEST_CASE("random search: what is not finite is no better; what throws ends it, history kept") {
  const Objective half = [](const Var& x) { return x.item() < 0 ? log(x) : x; };
  const Result r = minimize(half, scalar(5), random_search({.deviation = 5}), {.iterations = 100});
  CHECK(r.status == Status::iteration_limit);
  CHECK(r.history.size() == 101);
  CHECK(std::isfinite(r.value));
  CHECK(r.value < 5);
  int calls = 0;
  const Objective breaks = [&](const Var& x) {
    if (++calls == 30) throw std::runtime_error("no more");
    return square(x);
  };
  for (const Method& method : {random_search(), hill_climbing()}) {
    calls = 0;
    const Result failed = minimize(breaks, scalar(5), method);
    CHECK(failed.status == Status::failed);
    CHECK(failed.history.size() == 29);
    CHECK(failed.message.find("no more") != std::string::npos);
    CHECK(failed.value == failed.history.best_value());
  }
}

TEST_CASE("random restart: runs one after the other, the best of all points") {
  const Method method = random_restart(lbfgs(), {.restarts = 8, .deviation = 2, .seed = 3});
  const Result r = minimize(nightmare, zeros({2}), method);
  CHECK(r.iterations == 8);
  CHECK(r.history.runs().size() == 9);  // the start alone, and eight runs
  CHECK(r.history.runs()[0] == 0);
  CHECK(r.history.runs()[1] == 1);
  CHECK(r.status == Status::converged);
  CHECK(r.value == r.history.best_value());
  CHECK(r.theta == r.history.best_theta());
  CHECK(r.message.find("was the best") != std::string::npos);
  // a single run from each start ends at this run's result or above
  for (std::size_t i = 1; i < r.history.runs().size(); ++i) {
    const Tensor& start = r.history.points()[r.history.runs()[i]];
    CHECK(minimize(nightmare, start, lbfgs()).value >= r.value);
  }
  CHECK(minimize(nightmare, zeros({2}), method).history.values() == r.history.values());
  // with deviation 0 every run is the same
  const Result same =
      minimize(sphere, vector({3, 4}), random_restart(lbfgs(), {.restarts = 3, .deviation = 0}));
  const auto& runs = same.history.runs();
  CHECK(runs[2] - runs[1] == runs[3] - runs[2]);
  CHECK(same.history.points()[runs[1]] == vector({3, 4}));
}

TEST_CASE("random restart: divergence is no reason to stop, a stop and an exception are") {
  // gradient descent diverges only from |x| > 1
  const Objective f = [](const Var& x) { return pow(x, 4); };
  const Result r = minimize(f, scalar(0.5),
                            random_restart(gradient_descent({.step = 0.49}),
                                           {.restarts = 30, .deviation = 2, .seed = 1}));
  CHECK(r.iterations == 30);
  CHECK(r.value < 1e-3);
  std::size_t infinite = 0;
  for (const double value : r.history.values()) infinite += !std::isfinite(value);
  CHECK(infinite > 3);

  int left = 40;
  const Result stopped =
      minimize(sphere, vector({1, 2}),
               random_restart(gradient_descent({.step = 0.01}),
                              {.restarts = 9, .options = {.stop = [&] { return --left <= 0; }}}));
  CHECK(stopped.status == Status::stopped);
  CHECK(stopped.history.size() <= 42);
  int calls = 0;
  const Result failed = minimize(
      [&](const Var& x) {
        if (++calls == 25) throw std::runtime_error("no more");
        return sum(square(x));
      },
      vector({1, 2}), random_restart(gradient_descent({.step = 0.1})));
  CHECK(failed.status == Status::failed);
  CHECK(failed.history.size() == 24);

  // with a method that needs residuals
  const Result squares = minimize_least_squares(
      rosenbrock_residuals, vector({0, 0}), random_restart(levenberg_marquardt(), {.restarts = 2}));
  CHECK(near(squares.theta, vector({1, 1}), 1e-4));
}

TEST_CASE("search: options") {
  for (const double wrong : {0., -1., std::nan(""), HUGE_VAL}) {
    CHECK_ERROR("deviation", random_search({.deviation = wrong}));
    CHECK_ERROR("deviation", hill_climbing({.deviation = wrong}));
  }
  CHECK_ERROR("low and high together", random_search({.low = 1}));
  CHECK_ERROR("not below high", random_search({.low = 1, .high = 1}));
  CHECK_ERROR("finite", random_search({.low = 0, .high = HUGE_VAL}));
  CHECK_ERROR("restarts = 0", random_restart(lbfgs(), {.restarts = 0}));
  CHECK_ERROR("deviation", random_restart(lbfgs(), {.deviation = -1}));
}

// ---- stochastic relaxation

TEST_CASE("stochastic_relaxation: a step becomes Φ, and its slope Φ's, within sampling error") {
  constexpr double t = 0.4, sigma = 0.2;
  constexpr std::size_t samples = 40'000;
  const Objective step = [=](const Var& x) { return (sign(x - t) + 1) / 2; };
  const Objective smooth =
      stochastic_relaxation(step, {.deviation = sigma, .samples = samples, .seed = 7});
  for (const double x : {-0.2, 0.3, 0.4, 0.55, 0.9}) {
    CAPTURE(x);
    const double z = (x - t) / sigma, phi = std::erfc(-z / std::numbers::sqrt2) / 2;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi) / sigma;
    const double root = std::sqrt(static_cast<double>(samples));
    CHECK(near(smooth(Var(x)).item(), phi, 0, 4 * 0.5 / root));
    // a sample of the slope is at most |ε|/σ; its deviation is at most 1/σ
    CHECK(near(grad(smooth)(Var(x)).item(), density, 0, 4 / sigma / root));
    CHECK(near(grad(grad(smooth))(Var(x)).item(), -z * density / sigma, 0,
               6 * std::sqrt(2.) / (sigma * sigma) / root));
  }
}

TEST_CASE("stochastic_relaxation: of what is linear or quadratic the mean is known") {
  // opposite shifts cancel: exact for a linear function
  const Objective line = [](const Var& x) { return sum(x * vector({2, -3})); };
  const Objective mean = stochastic_relaxation(line, {.samples = 10});
  CHECK(near(mean(vector({1, 1})).item(), -1, 1e-14));
  // E‖θ + σε‖² = ‖θ‖² + nσ²
  const Objective bowl = stochastic_relaxation(sphere, {.deviation = 0.5, .samples = 20'000});
  CHECK(near(bowl(vector({1, 2})).item(), 5 + 2 * 0.25, 0, 0.03));
  CHECK(near(grad(bowl)(vector({1, 2})).value(), vector({2, 4}), 0, 0.2));
  // elementwise, each separately
  const Objective each =
      stochastic_relaxation([](const Var& x) { return square(x); },
                            {.deviation = 0.5, .samples = 20'000, .elementwise = true});
  CHECK(near(each(vector({0, 3})).value(), vector({0.25, 9.25}), 0, 0.02));
}

TEST_CASE("stochastic_relaxation: the same function at each call, another for another seed") {
  const auto at = [](std::uint64_t seed) {
    const Objective f = stochastic_relaxation(nightmare, {.samples = 20, .seed = seed});
    CHECK(f(vector({1, 2})).item() == f(vector({1, 2})).item());
    return f(vector({1, 2})).item();
  };
  CHECK(at(1) != at(2));
}

TEST_CASE("stochastic_relaxation: what cannot be") {
  CHECK_ERROR("empty objective", stochastic_relaxation({}));
  CHECK_ERROR("deviation", stochastic_relaxation(sphere, {.deviation = 0}));
  CHECK_ERROR("samples = 0", stochastic_relaxation(sphere, {.samples = 0}));
  CHECK_ERROR("elementwise", stochastic_relaxation(sphere, {.elementwise = true})(vector({1, 2})));
  int calls = 0;
  const Objective changing = [&](const Var& x) { return ++calls > 3 ? reshape(x, {2, 1}) : x; };
  CHECK_ERROR("another", stochastic_relaxation(changing)(vector({1, 2})));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
