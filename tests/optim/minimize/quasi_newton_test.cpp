// Conjugate gradients, BFGS and L-BFGS: properties from theory, and difficult cases.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/nn/init.h>
#include <reel/optim/minimize/analysis.h>
#include <reel/optim/minimize/bfgs.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/lbfgs.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

using BetaFormula = ConjugateGradientOptions::Formula;

// ½θᵀQΛQᵀθ − bᵀθ with random Q and b, and eigenvalues Λ from 1 to `condition` in equal ratios. (If
// they are close together, rounding alone keeps the textbook's recurrence above 1e-6 for N = 10.)
Objective random_quadratic(std::size_t n, double condition, Rng& rng) {
  const Tensor q = nn::initial_weight(n, n, nn::Init::orthogonal, rng);
  Tensor lambda = uninitialized({n}), b = uninitialized({n});
  for (std::size_t i = 0; i < n; ++i) {
    lambda(i) = n == 1 ? condition
                       : std::pow(condition, static_cast<double>(i) / static_cast<double>(n - 1));
    b(i) = rng.normal();
  }
  const Var qt = transpose(Var(q));
  return [=](const Var& theta) {
    return 0.5 * sum(lambda * square(matmul(qt, theta))) - dot(b, theta);
  };
}

std::vector<double> slopes(const Objective& f, const Result& r) {
  std::vector<double> found;
  for (const Tensor& theta : r.history.points())
    found.push_back(norm_of(Problem(f).at(theta).gradient, Norm::l2));
  return found;
}

TEST_CASE("conjugate gradients: with exact lines the gradient falls by 1e-6 in N steps") {
  Rng rng(18);
  for (const BetaFormula formula : {BetaFormula::polak_ribiere, BetaFormula::fletcher_reeves})
    for (const double condition : {1., 10., 100.})
      for (std::size_t n = 1; n <= 10; ++n)
        for (int sample = 0; sample < 5; ++sample) {
          CAPTURE(condition);
          CAPTURE(n);
          const Objective f = random_quadratic(n, condition, rng);
          const Result r =
              minimize(f, zeros({n}),
                       conjugate_gradient({.formula = formula, .line_search = LineSearch::exact}),
                       {.iterations = n, .gradient_tolerance = 0});
          const auto norms = slopes(f, r);
          CHECK(norms.back() <= 1e-6 * norms.front());
        }
}

TEST_CASE("conjugate gradients: directions are conjugate, gradients orthogonal, on a quadratic") {
  Rng rng(3);
  const Objective f = random_quadratic(6, 50, rng);
  const Result r = minimize(f, zeros({6}), conjugate_gradient({.line_search = LineSearch::exact}),
                            {.iterations = 5, .gradient_tolerance = 0});
  Problem problem(f);
  const Tensor h = problem.hessian(zeros({6}));
  const auto& at = r.history.points();
  const auto product = [](const Tensor& a, const Tensor& b) { return dot(Var(a), Var(b)).item(); };
  for (std::size_t i = 1; i < at.size(); ++i)
    for (std::size_t j = 1; j < i; ++j) {
      const Tensor a = at[i] - at[i - 1], b = at[j] - at[j - 1];
      const Tensor hb = matmul(Var(h), Var(b)).value();
      CHECK(std::abs(product(a, hb)) <= 1e-9 * std::sqrt(product(a, a) * product(hb, hb)));
      const Tensor g = problem.at(at[i]).gradient, e = problem.at(at[j]).gradient;
      CHECK(std::abs(product(g, e)) <= 1e-9 * std::sqrt(product(g, g) * product(e, e)));
    }
}

TEST_CASE("BFGS: with exact lines it takes the path of conjugate gradients on a quadratic") {
  Rng rng(5);
  const Objective f = random_quadratic(5, 20, rng);
  const MinimizeOptions options{.iterations = 4, .gradient_tolerance = 0};
  const Result cg =
      minimize(f, zeros({5}), conjugate_gradient({.line_search = LineSearch::exact}), options);
  for (const Method& method :
       {bfgs({.line_search = LineSearch::exact}), lbfgs({.line_search = LineSearch::exact})}) {
    const Result r = minimize(f, zeros({5}), method, options);
    REQUIRE(r.history.size() == cg.history.size());
    for (std::size_t i = 0; i < r.history.size(); ++i)
      CHECK(near(r.history.points()[i], cg.history.points()[i], 1e-7, 1e-9));
  }
}

TEST_CASE("L-BFGS: with a memory as long as the run it is BFGS that starts at its last scale") {
  // in one dimension one pair is enough: the secant method
  const Objective f = [](const Var& x) { return exp(x) - 2 * x; };
  const Result one = minimize(f, scalar(1), lbfgs({.memory = 1}), {.gradient_tolerance = 1e-12});
  const Result many = minimize(f, scalar(1), lbfgs({.memory = 30}), {.gradient_tolerance = 1e-12});
  CHECK(one.converged());
  CHECK(near(one.theta(), std::log(2.0), 1e-11));
  REQUIRE(one.history.size() == many.history.size());
  for (std::size_t i = 0; i < one.history.size(); ++i)
    CHECK(near(one.history.points()[i](), many.history.points()[i](), 1e-9));
}

TEST_CASE("quasi-Newton: always downhill, also where the curvature is negative") {
  const Objective wavy = [](const Var& x) { return sum(cos(3 * x) + 0.1 * square(x)); };
  for (const Method& method : {conjugate_gradient(), bfgs(), lbfgs(), lbfgs({.memory = 1})}) {
    CAPTURE(method.name);
    for (const Real start : {0.01, 0.4, 5.0}) {
      const Result r = minimize(wavy, vector({start, -start / 2, 2}), method);
      CHECK(r.converged());
      const auto& values = r.history.values();
      for (std::size_t i = 1; i < values.size(); ++i) CHECK(values[i] <= values[i - 1] + 1e-14);
      CHECK(classify(hessian(wavy)(r.theta).value()) == CriticalPoint::minimum);
    }
  }
}

TEST_CASE("quasi-Newton: 10,000 variables, of which none is alike") {
  constexpr std::size_t n = 10'000;
  Tensor c = uninitialized({n});
  for (std::size_t i = 0; i < n; ++i) c(i) = 1 + static_cast<double>(i % 100);
  const Objective f = [c = Var(c)](const Var& x) { return sum(c * square(x - 1) / 2); };
  for (const Method& method : {lbfgs(), conjugate_gradient()}) {
    const Result r = minimize(f, zeros({n}), method, {.value_tolerance = 0, .keep_points = false});
    CHECK(r.converged());
    CHECK(near(r.theta, full({n}, 1), 1e-5));
    CHECK(r.evaluations.values < 150);
  }
}

TEST_CASE("quasi-Newton: walls, exceptions, and places where nothing is left to gain") {
  const Objective barrier = [](const Var& x) { return sum(x - log(x)); };  // minimum at 1
  for (const Method& method : {conjugate_gradient(), bfgs(), lbfgs()}) {
    CAPTURE(method.name);
    const Result r = minimize(barrier, vector({0.01, 40}), method, {.value_tolerance = 0});
    CHECK(r.converged());
    CHECK(near(r.theta, vector({1, 1}), 1e-4));
    int calls = 0;
    const Result failed = minimize(
        [&](const Var& x) {
          if (++calls == 9) throw std::runtime_error("no more");
          return rosenbrock(x);
        },
        vector({-1.2, 1}), method);
    CHECK(failed.status == Status::failed);
    CHECK(failed.history.size() == failed.iterations + 1);
    CHECK(failed.history.size() >= 3);
    // from a minimum, down to the limit of rounding
    const Result done = minimize(rosenbrock, vector({1, 1}), method, {.gradient_tolerance = -1});
    CHECK(done.status == Status::stalled);
    CHECK(done.theta == vector({1, 1}));
    CHECK(minimize(sphere, zeros({0}), method).converged());
  }
}

TEST_CASE("quasi-Newton: options") {
  CHECK_ERROR("memory = 0", lbfgs({.memory = 0}));
  CHECK_ERROR("strong_wolfe and exact", lbfgs({.line_search = LineSearch::backtracking}));
  CHECK_ERROR("strong_wolfe and exact", bfgs({.line_search = LineSearch::none}));
  CHECK_ERROR("strong_wolfe and exact",
              conjugate_gradient({.line_search = LineSearch::backtracking}));
  CHECK_ERROR("curvature", bfgs({.curvature = 1.5}));
  CHECK_ERROR("decrease", conjugate_gradient({.decrease = 0.2, .curvature = 0.1}));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
