// The lectures of reel-descent: every finding must hold, and must give the notes' numbers, which
// are repeated here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <reel/data/mnist.h>

#include "../../apps/reel_descent/lecture.h"

namespace reel::descent {
namespace {

struct Expected {
  std::string what;  // all of a finding's text
  double value, tolerance;
};

void check(int row, const std::vector<Expected>& numbers = {}, std::size_t pictures = 1) {
  const Lecture& lecture = descent::lecture(std::to_string(row));
  const Report report = lecture.run({data::default_folder()});
  REQUIRE(!report.findings.empty());
  for (const Finding& finding : report.findings)
    CHECK_MESSAGE(finding.holds, finding.what << ": " << finding.here << ", " << finding.expected);
  for (const Expected& number : numbers) {
    CAPTURE(number.what);
    const auto found = std::find_if(report.findings.begin(), report.findings.end(),
                                    [&](const Finding& f) { return f.what == number.what; });
    REQUIRE(found != report.findings.end());
    CHECK(std::abs(found->value - number.value) <= number.tolerance);
  }
  CHECK(report.figures.size() >= pictures);
  for (const Figure& figure : report.figures) {
    CAPTURE(figure.name);
    CHECK(figure.caption.size() > 40);
    CHECK(plot::svg(figure.picture).ends_with("</svg>\n"));
  }
}

void check_text(int row) { check(row, {}, 0); }

TEST_CASE("rows: all that are to be there, each named once and described") {
  std::vector<int> rows;
  std::set<std::string> names;
  for (const Lecture& lecture : lectures()) {
    rows.push_back(lecture.row);
    CHECK(names.insert(lecture.name).second);
    CHECK(!lecture.title.empty());
    CHECK(lecture.sentence.ends_with('.') + lecture.sentence.ends_with('?') == 1);
  }
  std::vector<int> expected;
  for (int row = 1; row <= 35; ++row) expected.push_back(row);
  CHECK(rows == expected);
  CHECK_THROWS_WITH_AS(lecture("newtom"), doctest::Contains("Hint: newton"), Error);
}

TEST_CASE("findings: a number holds within its tolerance, and NaN never does") {
  CHECK(number("", 1, 1 + 1e-3, 2e-3).holds);
  CHECK(!number("", 1, 1 + 1e-3, 0.5e-3).holds);
  CHECK(number("", 19, 19, 0).holds);
  CHECK(!number("", 1, std::nan(""), 1).holds);
  CHECK(number("", -1.01363478, -1.0136347796, 1e-8).here.starts_with("-1.0136347"));
  CHECK(!claim("", "above 2", 1, false).holds);
  CHECK(!claim("", 1, 1 + 1e-3, 0.5e-3).holds);
  CHECK(number("", 1, 1, 0).source == Source::notes);
  CHECK(claim("", 1, 1, 0).source == Source::ours);
}

TEST_CASE("findings: the numbers that the notes print are told from our claims") {
  std::size_t printed = 0;
  for (const int row : {2, 3, 14, 17, 20})
    for (const Finding& finding : lecture(std::to_string(row)).run({}).findings)
      printed += finding.source == Source::notes;
  CHECK(printed == 20);
}

TEST_CASE("findings: another seed draws other numbers") {
  for (const int row : {4, 10, 18}) {
    CAPTURE(row);
    const auto values = [&](std::uint64_t seed) {
      std::vector<double> all;
      for (const Finding& f : lecture(std::to_string(row)).run({{}, seed}).findings)
        all.push_back(f.value);
      return all;
    };
    CHECK(values(1) == values(1));
    CHECK(values(1) != values(2));
  }
}

TEST_CASE("row 1: a graph of two operations") { check_text(1); }
TEST_CASE("row 2: a derivative, exact and by differences") { check_text(2); }
TEST_CASE("row 3: the chain rule") { check_text(3); }
TEST_CASE("row 4: six nested derivatives") { check_text(4); }
TEST_CASE("row 5: Jacobian, Hessian and products") { check_text(5); }
TEST_CASE("row 6: errors of numerical derivatives") { check_text(6); }
TEST_CASE("row 7: gradient fields and shading") {
  check(7, {{"the brightest point", 0.9996, 1e-4},
            {"level ground, the light's height by its length", 0.651, 5e-4}});
}
TEST_CASE("row 8: XOR by the net written out") { check_text(8); }
TEST_CASE("row 9: scores and networks written out") { check_text(9); }
TEST_CASE("row 10: activations") { check_text(10); }
TEST_CASE("row 11: losses at extreme logits") { check_text(11); }

TEST_CASE("row 12: the case study") { check(12); }
TEST_CASE("row 13: hidden neurons") { check(13, {}, 2); }

TEST_CASE("row 14: points tracked by gradient descent") {
  check(14, {{"points tracked with δ = 0.25", 19, 0},
             {"points tracked with δ = 0.01", 606, 0},
             {"points tracked with δ = 0.5", 2, 0},
             {"points tracked with δ = 0.98", 301, 0},
             {"points that the notes' loop tracks with δ = 1.5, until NaN", 1023, 0},
             {"point at which minimize reports divergence, δ = 1.5", 510, 0}});
}
TEST_CASE("row 15: slow, fast, oscillating, diverging; the zig-zag") { check(15, {}, 2); }
TEST_CASE("row 16: two maxima") {
  check(16, {{"left maximum, x", -0.99351, 0.5e-5},
             {"left maximum, y", 0.99590, 0.5e-5},
             {"left maximum, z", 1.003367, 0.5e-6},
             {"right maximum, x", 0.78862, 0.5e-5},
             {"right maximum, y", -1.22022, 0.5e-5},
             {"right maximum, z", 1.424332, 0.5e-6}});
}
TEST_CASE("row 17: Newton's method") {
  check(17, {{"f′(5) of f = x⁴ − 40x² − 100x", 0, 0},
             {"f″(5)", 220, 0},
             {"minimum found from 6", 5, 1e-14},
             {"last ratio eₖ₊₁/eₖ² above rounding, → 3/11", 3. / 11, 1e-5}});
}
TEST_CASE("row 18: conjugate gradients with exact line minimisation") {
  check(18, {{"the largest |g| of all 99 after two more steps", 0, 1e-6}});
}
TEST_CASE("row 19: Levenberg–Marquardt") {
  check(19, {{"x₁ from (−1.2, 1)", 1, 1e-9}, {"x₂", 1, 1e-9}});
}
TEST_CASE("row 20: a line through three points") {
  check(20, {{"a, in closed form", 0.95, 1e-14},
             {"b, in closed form", 1.05, 1e-14},
             {"a, by gradient descent", 0.95, 1e-11},
             {"b, by gradient descent", 1.05, 1e-11}});
}
TEST_CASE("row 21: an exponential through three points") {
  check(21, {{"a, by gradient descent", 2.9446615697, 1e-9},
             {"b, by gradient descent", 0.2095819762, 1e-9},
             {"c, by gradient descent", 2.2700409121, 1e-9}});
}
TEST_CASE("row 22: momentum in two notations") {
  check(22, {{"u = −g + βu, w += αu, beside v = αv + δ∇L, θ −= v, v₀ = 0: largest difference", 0,
              1e-12},
             {"effective rate α/(1 − β), α = 0.1, β = 0.9", 1, 1e-9}});
}
TEST_CASE("row 23: condition and critical points") {
  check(23, {{"condition number of a Hessian made with 10,000", 1e4, 1e-6}});
}
TEST_CASE("row 24: first-order methods beside PyTorch's") {
  check(24, {{"SGD: θ₁ after 40 steps", -0.17802586235269735, 1e-12},
             {"Adam: θ₁ after 40 steps", 0.42471247554864366, 1e-12}});
}
TEST_CASE("row 25: search as dimensions grow") { check(25); }
TEST_CASE("row 26: the nightmare function") {
  check(26, {{"random restart with momentum: seeds of 100 that end below −1.0126", 70, 30},
             {"plain descent: the same", 7.5, 7.5},
             {"the lowest minimum, by L-BFGS from there", -1.01363478, 1e-8},
             {"its θ₁", -2.98620, 5e-6},
             {"its θ₂", 0.73939, 5e-6},
             {"the next minimum", -1.00571, 5e-6},
             {"the one after it", -1.00337, 5e-6}});
}
TEST_CASE("row 27: stochastic relaxation") {
  check(27, {{"the step at t", 0, 0}, {"end of the descent from t + 0.3, less t", 0, 0.02}});
}
TEST_CASE("row 28: four methods on linear regression") {
  check(28, {{"Newton-CG: excess over the optimum, relative to it", 0, 1e-10},
             {"Newton-CG: iterations", 15, 15}});
}
TEST_CASE("row 29: L-BFGS with a million variables") {
  check(29, {{"1,000,000 variables: largest |θᵢ − 1| at the end", 0, 1e-4},
             {"bytes of the Hessian of 400 variables, times (1,000,000/400)²: 8 TB", 8e12, 0}});
}
TEST_CASE("row 30: a line by minibatches") {
  check(30, {{"slope after one pass", 1, 0.02}, {"offset after one pass", 2, 0.02}});
}
TEST_CASE("row 31: batch sizes, rates and schedules") { check(31, {}, 3); }
TEST_CASE("row 32: wider layers, and the loss surface") { check(32, {}, 2); }
TEST_CASE("row 33: five methods") { check(33); }
TEST_CASE("row 34: the Lipschitz constant and the safe step") {
  check(34, {{"Lipschitz constant of θ² on [−10, 10], the largest slope", 20, 1e-12},
             {"Lipschitz constant of its gradient", 2, 1e-9},
             {"largest safe fixed step, 2/constant", 1, 1e-9}});
}
TEST_CASE("row 35: points tracked in two dimensions") {
  check(35, {{"points tracked from (30, -40), δ = 0.1", 86, 0},
             {"points tracked from (-10, 20), δ = 0.1", 82, 0},
             {"points tracked from (18, 19), δ = 0.1", 83, 0},
             {"points tracked from (18, 33), δ = 0.1", 84, 0},
             {"points tracked from (-13, -18), δ = 0.9", 82, 0}});
}

}  // namespace
}  // namespace reel::descent
