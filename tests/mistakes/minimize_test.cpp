// Mistakes with minimize.

#include "../special_values.h"
#include "mistake.h"

using namespace reel;

namespace {

const auto squares = [](const Var& x) { return sum(square(x)); };
const Tensor start = vector({1, 2});

std::string outcome(const optim::Result& result) { return "result: " + result.message; }

}  // namespace

TEST_CASE("mistakes: minimize") {
  const optim::Method descent = optim::gradient_descent();
  check_mistakes({
      {"an objective that is a vector",
       [&] { return optim::minimize([](const Var& x) { return square(x); }, start, descent); },
       "[minimize] the objective has shape (2), it should be one number. Hint: sum() or mean() of "
       "it; minimize_least_squares takes residuals."},
      {"an objective that leaves the tape by value()",
       [&] {
         return optim::minimize([](const Var& x) { return Var(sum(square(Var(x.value())))); },
                                start, descent);
       },
       "[minimize] the objective does not depend on theta, so it has no gradient. Hint: compute it "
       "from the Var it is given, by Reel's operations, or from the parameters."},
      {"an empty objective", [&] { return optim::minimize(optim::Objective(), start, descent); },
       "[minimize] was given an empty objective."},
      {"an empty method", [&] { return optim::minimize(squares, start, optim::Method()); },
       "[minimize] was given an empty method."},
      {"an objective that is NaN at the start",
       [&] {
         return outcome(
             optim::minimize([](const Var& x) { return sum(log(x)); }, vector({-1}), descent));
       },
       "result: the value at point 1 is not finite"},
      {"a step that is too long",
       [&] {
         return outcome(optim::minimize(squares, start, optim::gradient_descent({.step = 10})));
       },
       "result: the value at point … is not finite"},
      {"too few iterations",
       [&] { return outcome(optim::minimize(squares, start, descent, {.iterations = 3})); },
       "result: after 3 iterations"},
      {"no iterations",
       [&] { return outcome(optim::minimize(squares, start, descent, {.iterations = 0})); },
       "result: after 0 iterations"},
      {"a tolerance of NaN",
       [&] { return optim::minimize(squares, start, descent, {.gradient_tolerance = reel::nan}); },
       "[minimize] a tolerance is NaN."},
      {"a step of 0", [] { return optim::gradient_descent({.step = 0}); },
       "[gradient_descent] step = 0 is not above 0 and finite."},
      {"a negative step", [] { return optim::gradient_descent({.step = -0.1}); },
       "[gradient_descent] step = -0.1 is not above 0 and finite."},
      {"momentum of 1", [] { return optim::momentum({.momentum = 1}); },
       "[momentum] momentum = 1 is not in [0, 1)."},
      {"L-BFGS without memory", [] { return optim::lbfgs({.memory = 0}); },
       "[lbfgs] memory = 0, it should be at least 1."},
      {"Levenberg-Marquardt for one number",
       [&] { return optim::minimize(squares, start, optim::levenberg_marquardt()); },
       "[minimize] Levenberg-Marquardt needs residuals. Hint: minimize_least_squares(residuals, "
       "start, …)."},
      {"damping of 0", [] { return optim::levenberg_marquardt({.damping = 0}); },
       "[levenberg_marquardt] damping = 0 is not above 0."},
      {"a trust region of radius 0", [] { return optim::newton_cg({.radius = 0}); },
       "[newton_cg] radius = 0 is not above 0 and at most largest_radius = 1000."},
      {"one bound of two", [] { return optim::random_search({.low = -1.0}); },
       "[random_search] takes low and high together, got one of them."},
      {"bounds swapped", [] { return optim::random_search({.low = 1.0, .high = -1.0}); },
       "[random_search] low = 1 is not below high = -1, both finite."},
      {"no restarts", [&] { return optim::random_restart(descent, {.restarts = 0}); },
       "[random_restart] restarts = 0, there is nothing to do."},
      {"hill climbing without a deviation", [] { return optim::hill_climbing({.deviation = 0}); },
       "[hill_climbing] deviation = 0 is not above 0 and finite."},
      {"a loss without parameters",
       [&] { return optim::minimize([] { return Var(1); }, std::vector<Parameter>(), descent); },
       "[minimize] was given no parameters."},
      {"a parameter given twice",
       [&] {
         Parameter p(start, "w");
         return optim::minimize([&] { return sum(square(p)); }, {p, p}, descent);
       },
       "[minimize] parameter \"w\" was given twice."},
      {"a loss that does not use the parameters",
       [&] {
         Parameter p(start, "w"), q(start, "v");
         return optim::minimize([&] { return sum(square(p)); }, {q}, descent);
       },
       "[minimize] the objective does not depend on theta, so it has no gradient. Hint: compute it "
       "from the Var it is given, by Reel's operations, or from the parameters."},
      {"theta of another size",
       [] {
         Parameter p(start, "w");
         optim::set_values({p}, zeros({3}));
       },
       "[minimize] theta has 3 elements, the parameters 2."},
      {"eigenvalues of a vector", [] { return optim::eigenvalues(start); },
       "[eigenvalues] takes a Hessian, such as (3,3), got (2)."},
      {"eigenvalues of a matrix that is not symmetric",
       [] {
         return optim::eigenvalues(matrix({{1, 2}, {3, 4}}));
       },
       "[eigenvalues] the matrix (2,2) is not symmetric: 3 at 1,0 and 2 at 0,1."},
      {"classify a point that is not critical", [] { return optim::classify(squares, start); },
       "[classify] the gradient's largest element is 4, above 0.001: this is not a critical point. "
       "Hint: call minimize first."},
      {"a box with its corners swapped",
       [] {
         Rng rng(1);
         return optim::lipschitz_constant(squares, vector({1, 1}), vector({0, 0}), 10, rng);
       },
       "[lipschitz_constant] low = 1 is above high = 0."},
  });
}
