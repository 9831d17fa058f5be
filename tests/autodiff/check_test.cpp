// The gradient checker: it must find derivatives that are only slightly wrong, and say where.
#include <reel/autodiff/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

using Vars = std::span<const Var>;

constexpr Real right = 1, slightly_wrong = Real(1.0005), sign_flipped = -1;

// A function whose rule is right up to a factor.
struct Planted {
  const char* name;
  std::function<Var(Vars, Real factor)> f;
  std::vector<Tensor> inputs;
};

template <class Value, class Rule>
Var planted(Vars x, Value&& value, Rule rule) {
  if (x.size() == 1) return record("planted", {x[0]}, std::forward<Value>(value), std::move(rule));
  return record("planted", {x[0], x[1]}, std::forward<Value>(value), std::move(rule));
}

std::vector<Planted> functions() {
  const Tensor x = vector({-1.3, 0.4, 0.9}), p = vector({0.5, 1.2, 2.5});
  const Tensor a = matrix({{1, -2, 0.5}, {0.3, 0.7, -1}}),
               b = matrix({{2, 1}, {-1, 0.4}, {0.6, 3}});
  return {
      {"exp",
       [](Vars v, Real c) {
         return planted(v, xt::exp(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g * y); });
       },
       {x}},
      {"log",
       [](Vars v, Real c) {
         return planted(v, xt::log(v[0].value()),
                        [c](auto& d, auto& g, auto in, auto&) { d.add(0, c * g / in[0]); });
       },
       {p}},
      {"tanh",
       [](Vars v, Real c) {
         return planted(v, xt::tanh(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           d.add(0, c * g * (Real(1) - y * y));
         });
       },
       {x}},
      {"square",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[0].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, c * g * (Real(2) * in[0]));
         });
       },
       {x}},
      {"sqrt",
       [](Vars v, Real c) {
         return planted(v, xt::sqrt(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g / (Real(2) * y)); });
       },
       {p}},
      {"negate",
       [](Vars v, Real c) {
         return planted(v, -v[0].value(), [c](auto& d, auto& g, auto, auto&) { d.add(0, -c * g); });
       },
       {x}},
      {"sum",
       [](Vars v, Real c) {
         return planted(v, reel::sum(v[0].value()), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, reel::broadcast_to(reel::reshape(c * g, {1, 1}), in[0].shape()));
         });
       },
       {a}},
      {"softmax",
       [](Vars v, Real c) {
         return planted(v, reel::softmax(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           const auto total = reel::sum(g * y, -1, true);
           d.add(0, y * (c * g - c * total));
         });
       },
       {a}},
      {"multiply, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[1].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, g * in[1]);
           d.add(1, c * g * in[0]);
         });
       },
       {x, p}},
      {"divide, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() / v[1].value(), [c](auto& d, auto& g, auto in, auto& y) {
           d.add(0, g / in[1]);
           d.add(1, -c * g * y / in[1]);
         });
       },
       {x, p}},
      {"matmul",
       [](Vars v, Real c) {
         return planted(v, reel::matmul(v[0].value(), v[1].value()),
                        [c](auto& d, auto& g, auto in, auto&) {
                          d.add(0, c * reel::matmul(g, false, in[1], true));
                          d.add_matmul(1, in[0], true, g, false);
                        });
       },
       {a, b}}};
}

CheckReport check(const Planted& function, Real factor) {
  return check_gradients([&](Vars x) { return function.f(x, factor); }, function.inputs);
}

}  // namespace

TEST_CASE("right derivatives pass") {
  for (const Planted& function : functions()) {
    CAPTURE(function.name);
    const CheckReport report = check(function, right);
    CHECK_MESSAGE(report.ok, report.describe());
    CHECK(report.excess <= 1);
  }
}

TEST_CASE("derivatives that are wrong by one part in two thousand, or in sign, are caught") {
  for (const Planted& function : functions())
    for (const Real factor : {slightly_wrong, Real(1) / slightly_wrong, sign_flipped}) {
      CAPTURE(function.name);
      CAPTURE(factor);
      const CheckReport report = check(function, factor);
      CHECK(!report.ok);
      CHECK(report.order == 1);
      // wrong by 5e-4 where 1e-6 is allowed
      CHECK(report.excess > (factor < 0 ? 1e5 : 300));
      CHECK(std::abs(report.analytic / report.numeric - factor) < 1e-5);
    }
}

TEST_CASE("one wrong entry among many is caught") {
  for (const std::size_t wrong : {0U, 7U, 19U}) {
    const auto f = [wrong](Vars x) {
      Tensor factor = full({20}, 1);
      factor(wrong) = slightly_wrong;
      return record("planted", {x[0]}, xt::exp(x[0].value()),
                    [factor = SharedTensor(factor)](auto& d, auto& g, auto, auto& y) {
                      d.add(0, g * y * d.constant(factor));
                    });
    };
    Tensor x = uninitialized({20});
    for (std::size_t i = 0; i < 20; ++i) x(i) = Real(0.1) * static_cast<Real>(i) - 1;
    const CheckReport report = check_gradients(f, {x});
    CHECK(!report.ok);
    CHECK(report.input == 0);
    CHECK(report.element == wrong);
    CHECK(report.output == wrong);
  }
}

TEST_CASE("a broadcast that is not summed back is caught") {
  // x (2,3) + b (3): the gradient by b is the sum over rows, not one of them or their mean
  const Tensor x = matrix({{1, 2, 3}, {4, 5, 6}}), b = vector({0.1, 0.2, 0.3});
  const auto with_share = [](Real share) {
    return [share](Vars v) {
      return record("planted", {v[0], v[1]}, v[0].value() + v[1].value(),
                    [share](auto& d, auto& g, auto, auto&) {
                      d.add(0, g);
                      d.add(1, share * reel::sum(g, 0));
                    });
    };
  };
  CHECK(check_gradients(with_share(1), {x, b}).ok);
  const CheckReport mean = check_gradients(with_share(0.5), {x, b});
  CHECK(!mean.ok);
  CHECK(mean.input == 1);
  const auto one_row = [](Vars v) {
    return record("planted", {v[0], v[1]}, v[0].value() + v[1].value(),
                  [](auto& d, auto& g, auto, auto&) {
                    d.add(0, g);
                    d.add(1, reel::matmul(Tensor(matrix({{1, 0}})), false, g, false));
                  });
  };
  const CheckReport first = check_gradients(one_row, {x, b});
  CHECK(!first.ok);
  CHECK(first.input == 1);
}

TEST_CASE("a gradient that is overwritten instead of added to is caught") {
  // x·x as an operation of two inputs, which are one variable: the first part is lost
  const auto product = [](bool lose) {
    return [lose](Vars v) {
      return record("planted", {v[0], v[0]}, v[0].value() * v[0].value(),
                    [lose](auto& d, auto& g, auto in, auto&) {
                      if (!lose) d.add(0, g * in[1]);
                      d.add(1, g * in[0]);
                    });
    };
  };
  const Tensor x = vector({-1.3, 0.4});
  CHECK(check_gradients(product(false), {x}).ok);
  const CheckReport report = check_gradients(product(true), {x});
  CHECK(!report.ok);
  CHECK(std::abs(report.analytic / report.numeric - 0.5) < 1e-6);
}

TEST_CASE("a derivative whose own derivative is wrong is caught at order 2") {
  // the rule is right as a number, and for the recorded path a factor of it is a constant
  const auto detached = [](Vars v) {
    return record("planted", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
                  [x = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                    d.add(0, Real(3) * g * in[0] * d.constant(x));
                  });
  };
  const Tensor x = vector({-1.3, 0.4});
  CHECK(check_gradients(detached, {x}, {.order = 1}).ok);
  const CheckReport report = check_gradients(detached, {x});
  CHECK(!report.ok);
  CHECK(report.order == 2);
  CHECK(std::abs(report.analytic / report.numeric - 0.5) < 1e-6);
  // wrong by one part in two thousand: x² as 1.001·(x·x) − 0.001·(x·constant) …
  const auto slightly = [](Vars v) {
    return record(
        "planted", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
        [x = v[0].shared()](auto& d, auto& g, auto in, auto&) {
          d.add(0, Real(3) * g * in[0] * (Real(0.999) * in[0] + Real(0.001) * d.constant(x)));
        });
  };
  CHECK(check_gradients(slightly, {x}, {.order = 1}).ok);
  const CheckReport second = check_gradients(slightly, {x});
  CHECK(!second.ok);
  CHECK(second.order == 2);
}

TEST_CASE("the recorded path alone being wrong is caught, and so is the fused one alone") {
  for (const bool recorded_is_wrong : {false, true}) {
    const auto f = [recorded_is_wrong](Vars v) {
      return record("planted", {v[0]}, xt::exp(v[0].value()),
                    [recorded_is_wrong](auto& d, auto& g, auto, auto& y) {
                      constexpr bool recorded =
                          std::is_same_v<std::remove_cvref_t<decltype(y)>, Var>;
                      d.add(0, (recorded == recorded_is_wrong ? slightly_wrong : right) * g * y);
                    });
    };
    const CheckReport report = check_gradients(f, {vector({0.5, 1})});
    CHECK(!report.ok);
    CHECK(report.order == 1);
  }
}

TEST_CASE("NaN is never right, and infinities only where both are") {
  const auto times = [](Real factor) {
    return [factor](Vars v) {
      return record("planted", {v[0]}, v[0].value(),
                    [factor](auto& d, auto& g, auto, auto&) { d.add(0, factor * g); });
    };
  };
  const Tensor x = vector({1, 2});
  CHECK(check_gradients(times(1), {x}).ok);
  for (const Real bad :
       {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    const CheckReport report = check_gradients(times(bad), {x});
    CHECK(!report.ok);
    CHECK(std::isinf(report.excess));
  }
  // a function that is NaN itself
  CHECK(!check_gradients([](Vars v) { return log(v[0]); }, {vector({-1})}).ok);
  // a derivative where there should be none, and none where there should be one
  CHECK(!check_gradients(times(0), {x}).ok);
  CHECK(!check_gradients(
             [](Vars v) {
               return record("planted", {v[0]}, zeros({2}),
                             [](auto& d, auto& g, auto, auto&) { d.add(0, Real(1e-7) * g); });
             },
             {x})
             .ok);
}

TEST_CASE("the report names the place and the values") {
  const auto f = [](Vars v) {  // ∂/∂v1[1] is 1.5 times too large
    return record("planted", {v[0], v[1]}, v[0].value() + Real(2) * v[1].value(),
                  [factor = SharedTensor(vector({2, 3, 2}))](auto& d, auto& g, auto, auto&) {
                    d.add(0, g);
                    d.add(1, g * d.constant(factor));
                  });
  };
  const CheckReport report = check_gradients(f, {vector({1, 2, 3}), vector({4, 5, 6})});
  CHECK(!report.ok);
  CHECK(report.input == 1);
  CHECK(report.element == 1);
  CHECK(report.output == 1);
  CHECK(report.analytic == 3);
  CHECK(std::abs(report.numeric - 2) < 1e-9);
  const std::string text = report.describe();
  CAPTURE(text);
  CHECK(text.starts_with("order 1: ∂f[1]/∂x1[1] is 3, numerically 2"));
  CHECK(text.find("times the allowed difference") != std::string::npos);
}

TEST_CASE("options") {
  const auto f = [](Vars v) {
    return record("planted", {v[0]}, xt::exp(v[0].value()),
                  [](auto& d, auto& g, auto, auto& y) { d.add(0, slightly_wrong * g * y); });
  };
  const Tensor x = vector({0, 1});
  CHECK(!check_gradients(f, {x}, {.order = 1, .rtol = 4.9e-4, .atol = 1e-8}).ok);
  CHECK(check_gradients(f, {x}, {.order = 1, .rtol = 5.1e-4, .atol = 1e-8}).ok);
  CHECK(check_gradients(f, {x}, {.order = 1, .rtol = 0, .atol = 2e-3}).ok);
  CHECK(!check_gradients(f, {x}, {.order = 1, .rtol = 0, .atol = 1e-3}).ok);
  CHECK(check_gradients([](Vars v) { return sum(v[0]); }, {zeros({0})}).ok);
  CHECK(check_gradients([](Vars) { return Var(3); }, {x}).ok);
}

}  // namespace reel::inline REEL_PRECISION
