// A function means the same for tensors, for lazy expressions and for variables.
#include <doctest/doctest.h>

#include <concepts>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "../warnings.h"

using namespace reel;

namespace {

bool alike(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Real x = a.data()[i], y = b.data()[i];
    if (!(x == y || (std::isnan(x) && std::isnan(y)) || near(x, y, 1e-14))) return false;
  }
  return true;
}

// Names are looked up as in a user's program: with `using namespace reel`, and by argument.
#define CHECK_ALIKE(call)                              \
  do {                                                 \
    const auto f = [](const auto& x) { return call; }; \
    const Tensor of_var = f(Var(values)).value();      \
    Tensor copy = values;                              \
    CHECK(alike(Tensor(f(values)), of_var));           \
    CHECK(alike(Tensor(f(copy)), of_var));             \
    CHECK(alike(Tensor(f(values + Real(0))), of_var)); \
  } while (false)

const Tensor values = matrix({{0.5, 1.5, -2.5, -0.5}, {reel::nan, 3, inf, 0}, {-inf, 27, 1e-3, 8}});

}  // namespace

TEST_CASE("tensor functions: elementwise") {
  CHECK_ALIKE(round(x));
  CHECK_ALIKE(sign(x));
  CHECK_ALIKE(erf(x));
  CHECK_ALIKE(erfc(x));
  CHECK_ALIKE(lgamma(x));
  CHECK_ALIKE(tgamma(x));
  CHECK_ALIKE(exp(x));
  CHECK_ALIKE(exp2(x));
  CHECK_ALIKE(expm1(x));
  CHECK_ALIKE(log(x));
  CHECK_ALIKE(log2(x));
  CHECK_ALIKE(log10(x));
  CHECK_ALIKE(log1p(x));
  CHECK_ALIKE(sqrt(x));
  CHECK_ALIKE(cbrt(x));
  CHECK_ALIKE(square(x));
  CHECK_ALIKE(abs(x));
  CHECK_ALIKE(floor(x));
  CHECK_ALIKE(ceil(x));
  CHECK_ALIKE(trunc(x));
  CHECK_ALIKE(sin(x));
  CHECK_ALIKE(atan(x));
  CHECK_ALIKE(tanh(x));
  CHECK_ALIKE(asinh(x));
}

TEST_CASE("tensor functions: of two operands") {
  CHECK_ALIKE(maximum(x, 1));
  CHECK_ALIKE(maximum(1, x));
  CHECK_ALIKE(minimum(x, 1));
  CHECK_ALIKE(minimum(x, transpose(transpose(x))));
  CHECK_ALIKE(clip(x, -1, 2));
  CHECK_ALIKE(pow(x, 0));
  CHECK_ALIKE(pow(x, 2.5));
  CHECK_ALIKE(pow(2, x));
  CHECK_ALIKE(hypot(x, x));
  CHECK_ALIKE(atan2(x, x));
  CHECK_ERROR("low 2 is above high 1", clip(values, 2, 1));
}

TEST_CASE("tensor functions: the variance is unbiased, and an integer is an axis") {
  const Tensor x = matrix({{1, 2, 3}, {4, 6, 11}});
  CHECK(near(Tensor(variance(vector({1, 2, 3}))), scalar(1), 1e-15));
  CHECK(near(variance(x, 0), variance(Var(x), 0).value(), 1e-15));
  CHECK(near(variance(x, {1}), variance(Var(x), {1}).value(), 1e-15));
  CHECK(near(variance(x, Axes({0, 1})), variance(Var(x)).value(), 1e-15));
  CHECK(near(variance(x + x, -1), variance(Var(x + x), -1).value(), 1e-15));
  Tensor changeable = x;
  CHECK(near(variance(changeable), variance(Var(x)).value(), 1e-15));
}

TEST_CASE("tensor functions: a variable beside a lazy expression") {
  const Tensor h = matrix({{1, 2}, {3, 5}});
  CHECK(alike((Var(h) - transpose(h)).value(), matrix({{0, -1}, {1, 0}})));
  CHECK(alike((h * h + Var(h)).value(), matrix({{2, 6}, {12, 30}})));
  CHECK(alike(maximum(Var(h), h + h).value(), Tensor(h + h)));
  const Parameter p(h);
  CHECK(alike((p * (h - Real(1))).value(), matrix({{0, 2}, {6, 20}})));
}

TEST_CASE("tensor functions: compound assignment records") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2}), "x");
  Var y = x;
  y += 1;
  y *= x;
  y -= vector({1, 1});
  y /= 2;
  CHECK(alike(y.value(), vector({0.5, 2.5})));  // (x² + x − 1)/2
  CHECK(alike(grad(sum(y), x).value(), vector({1.5, 2.5})));
  CHECK(alike(x.value(), vector({1, 2})));
}

TEST_CASE("tensor functions: a column minus a vector warns") {
  const Warnings warnings;
  const Var column = zeros({60, 1}), flat = zeros({60});
  CHECK((column - flat).shape() == Shape{60, 60});
  REQUIRE(warnings.got.size() == 1);
  CHECK(warnings.got[0].find("[subtract] shapes (60,1) and (60) broadcast to (60,60). Hint:") == 0);
  static_cast<void>(flat - column);
  CHECK(warnings.got.size() == 2);
  static_cast<void>(column - expand_dims(flat, 0));
  static_cast<void>(column - column);
  static_cast<void>(Var(zeros({1, 1})) - Var(zeros({1})));
  static_cast<void>(Var(zeros({3, 2})) - Var(zeros({2})));
  CHECK(warnings.got.size() == 2);
}
