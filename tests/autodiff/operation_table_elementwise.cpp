// The rows of the elementwise operations.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t long_enough = 43;  // for vectorised loops and the scalar ones at their ends

using Unary = Var (*)(const Var&);
using Binary = Var (*)(const Var&, const Var&);

CheckedFunction call(Unary f) {
  return [f](Vars x) { return f(x[0]); };
}

CheckedFunction call(Binary f) {
  return [f](Vars x) { return f(x[0], x[1]); };
}

Operation unary(const char* name, Unary f, Exact (*exact)(Exact),
                const Domain& domain = between(-2, 2)) {
  return Operation{name, Kind::unary, domain}.accepts(
      "", call(f), elementwise(exact),
      single({{}, {0}, {0, 3}, {1}, {1, 1}, {5}, {2, 3}, {2, 1, 3}, {long_enough}}));
}

// Every way in which two shapes broadcast, in both orders.
std::vector<Shapes> broadcast_pairs() {
  std::vector<Shapes> pairs{
      {{}, {}},        {{1}, {1}},       {{4}, {4}},          {{2, 3}, {2, 3}}, {{0}, {0}},
      {{2, 3}, {}},    {{2, 3}, {1}},    {{2, 3}, {3}},       {{2, 3}, {2, 1}}, {{2, 3}, {1, 1}},
      {{3}, {1, 1}},   {{2, 1}, {1, 3}}, {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},    {{0, 3}, {}},
      {{2, 0}, {2, 1}}};
  for (std::size_t i = pairs.size(); i-- > 0;)
    if (pairs[i][0] != pairs[i][1]) pairs.push_back({pairs[i][1], pairs[i][0]});
  return pairs;
}

std::string clash(const Shape& a, const Shape& b) {
  return "shapes " + to_string(a) + " and " + to_string(b) + " don't broadcast";
}

Operation binary(const char* name, const CheckedFunction& f, const Reference& reference,
                 const Domain& domain) {
  constexpr std::size_t n = long_enough;
  Operation row{name, Kind::binary, domain};
  row.accepts("", f, reference, broadcast_pairs());
  row.accepts("", f, reference, {{{n}, {n}}, {{n}, {}}, {{}, {n}}, {{2, n}, {n}}, {{2, n}, {2, 1}}},
              1);
  row.accepts(
      "with itself",
      [f](Vars x) {
        return f(std::vector{x[0], x[0]});
      },
      [reference](const Plains& x) {
        return reference({x[0], x[0]});
      },
      single({{3}}));
  for (const auto& [a, b] : {std::pair<Shape, Shape>{{2, 3}, {2}}, {{2}, {2, 3}}, {{3}, {0}}})
    row.refuses(f, {{a, b}}, clash(a, b));
  return row;
}

Operation binary(const char* name, Binary f, Exact (*exact)(Exact, Exact),
                 const Domain& domain = between(-2, 2)) {
  return binary(name, call(f), elementwise(exact), domain);
}

// A condition that is true and false in turn.
Tensor condition(const Shape& shape) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = Real(i % 2 == 0);
  return t;
}

Plain choose(const Plain& chosen, const Plain& a, const Plain& b) {
  return plain(broadcast(chosen.shape, broadcast(a.shape, b.shape)),
               [&](const Index& i) { return chosen.at(i) != 0 ? a.at(i) : b.at(i); });
}

Operation where_operation() {
  const auto shaped_like_a = [](Vars x) { return where(condition(x[0].shape()), x[0], x[1]); };
  Operation row = binary(
      "where", shaped_like_a,
      [](const Plains& x) {
        const Shape shape(x[0].shape.begin(), x[0].shape.end());
        return choose(plain(condition(shape)), x[0], x[1]);
      },
      between(-2, 2));
  for (const Shape& shape : {Shape{}, Shape{2, 1}, Shape{2, 1, 3}})
    row.accepts(
        "a condition " + to_string(shape) + " for",
        [shape](Vars x) { return where(condition(shape), x[0], x[1]); },
        [shape](const Plains& x) { return choose(plain(condition(shape)), x[0], x[1]); },
        {{{3}, {}}, {{3}, {2, 3}}});
  return row.refuses([](Vars x) { return where(condition({2}), x[0], x[1]); }, {{{3}, {3}}},
                     clash({2}, {3}));
}

Operation pow_operation() {
  return binary("pow", pow, std::pow, between(0.2, 2.6))
      .over(between(-2, 2))
      .accepts(
          "a negative base cubed", [](Vars x) { return pow(x[0], Real(3)); },
          [](const Plains& x) {
            return plain(x[0].shape, [&](const Index& i) { return std::pow(x[0].at(i), 3); });
          },
          single({{5}, {2, 3}}));
}

Operation clip_operation() {
  return unary(
             "clip", [](const Var& x) { return clip(x, Real(-0.5), 1); },
             [](Exact x) { return std::clamp(x, Exact(-0.5), Exact(1)); })
      .accepts(
          "to one point", [](Vars x) { return clip(x[0], 1, 1); },
          elementwise([](Exact x) { return std::clamp(x, Exact(1), Exact(1)); }), single({{5}}))
      .refuses([](Vars x) { return clip(x[0], 1, Real(0.5)); }, single({{2}}),
               "low 1 is above high 0.5");
}

Operation leaky_relu_operation() {
  return unary(
             "leaky_relu", [](const Var& x) { return leaky_relu(x); },
             [](Exact x) { return x > 0 ? x : Exact(0.01) * x; })
      .accepts(
          "of slope 0.3", [](Vars x) { return leaky_relu(x[0], Real(0.3)); },
          elementwise([](Exact x) { return x > 0 ? x : Exact(0.3) * x; }),
          single({{2, 3}, {long_enough}}));
}

Operation elu_operation() {
  return unary(
             "elu", [](const Var& x) { return elu(x); },
             [](Exact x) { return x > 0 ? x : std::expm1(x); })
      .accepts(
          "of alpha 0.7", [](Vars x) { return elu(x[0], Real(0.7)); },
          elementwise([](Exact x) { return x > 0 ? x : Exact(0.7) * std::expm1(x); }),
          single({{2, 3}, {long_enough}}));
}

// ---- the gamma function

bool is_pole(Exact x) { return x <= 0 && x == std::floor(x); }

// ψ(x) = lim log n − Σ_{k<n} 1/(x + k)
Exact digamma_of(Exact x) {
  if (is_pole(x)) return std::numeric_limits<Exact>::quiet_NaN();
  Exact y = 0;
  while (x < 2000) y -= 1 / x++;
  return y + std::log(x) - 1 / (2 * x) - 1 / (12 * x * x);  // the rest is below 1/(120x⁴)
}

// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹·n!·Σ_k 1/(x + k)ⁿ⁺¹, its tail by Euler and Maclaurin
template <int n>
Exact polygamma_of(Exact x) {
  if (is_pole(x)) return std::numeric_limits<Exact>::quiet_NaN();
  Exact y = 0;
  while (x < 2000) y += 1 / std::pow(x++, n + 1);
  y +=
      1 / (n * std::pow(x, n)) + 1 / (2 * std::pow(x, n + 1)) + (n + 1) / (12 * std::pow(x, n + 2));
  return (n % 2 ? 1 : -1) * std::tgamma(Exact(n + 1)) * y;
}

Operation polygamma_operation() {
  return unary(
             "polygamma", [](const Var& x) { return polygamma(1, x); }, polygamma_of<1>,
             between(0.3, 3.3))
      .accepts(
          "of order 0", [](Vars x) { return polygamma(0, x[0]); }, elementwise(digamma_of),
          single({{4}}))
      .accepts(
          "of order 4", [](Vars x) { return polygamma(4, x[0]); }, elementwise(polygamma_of<4>),
          single({{4}}))
      .over(between(-1.7, -1.3))
      .accepts(
          "below 0", [](Vars x) { return polygamma(2, x[0]); }, elementwise(polygamma_of<2>),
          single({{4}}))
      .refuses([](Vars x) { return polygamma(-1, x[0]); }, single({{2}}), "the order -1 is")
      .refuses([](Vars x) { return polygamma(101, x[0]); }, single({{2}}), "the order 101 is");
}

std::vector<Operation> gamma_operations() {
  const Domain positive = between(0.3, 3.3), negative = between(-1.7, -1.3);
  const auto also_below_zero = [&](const char* name, Unary f, Exact (*exact)(Exact)) {
    return unary(name, f, exact, positive)
        .over(negative)
        .accepts("below 0", call(f), elementwise(exact), single({{4}}));
  };
  return {also_below_zero("lgamma", lgamma, std::lgamma),
          also_below_zero("tgamma", tgamma, std::tgamma),
          also_below_zero("digamma", digamma, digamma_of), polygamma_operation()};
}

Exact sigmoid_of(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact softplus_of(Exact x) { return std::log1p(std::exp(x)); }  // finite up to x = 11356
Exact hard_sigmoid_of(Exact x) { return std::clamp(x / 6 + Exact(0.5), Exact(0), Exact(1)); }

std::vector<Operation> arithmetic_operations() {
  const Domain nonzero = signed_between(0.3, 2.3);
  return {
      binary("add", add, [](Exact a, Exact b) { return a + b; }),
      binary("subtract", subtract, [](Exact a, Exact b) { return a - b; }),
      binary("multiply", multiply, [](Exact a, Exact b) { return a * b; }),
      binary(
          "divide", divide, [](Exact a, Exact b) { return a / b; }, nonzero),
      pow_operation(),
      binary("hypot", hypot, std::hypot, nonzero),
      binary("atan2", atan2, std::atan2, nonzero),
      unary("negate", negate, [](Exact x) { return -x; }),
      binary("maximum", maximum, [](Exact a, Exact b) { return a > b || a != a ? a : b; }),
      binary("minimum", minimum, [](Exact a, Exact b) { return a < b || a != a ? a : b; }),
      clip_operation(),
      where_operation(),
  };
}

std::vector<Operation> elementary_operations() {
  const Domain positive = between(0.2, 3), nonzero = signed_between(0.3, 2.3);
  const Domain inside_one = between(-0.8, 0.8);
  return {
      unary("exp", exp, std::exp),
      unary("exp2", exp2, std::exp2),
      unary("expm1", expm1, std::expm1),
      unary("log", log, std::log, positive),
      unary("log2", log2, std::log2, positive),
      unary("log10", log10, std::log10, positive),
      unary("log1p", log1p, std::log1p, between(-0.7, 2)),
      unary("sqrt", sqrt, std::sqrt, positive),
      unary("cbrt", cbrt, std::cbrt, nonzero),
      unary("square", square, [](Exact x) { return x * x; }),
      unary(
          "reciprocal", reciprocal, [](Exact x) { return 1 / x; }, nonzero),
      unary("abs", abs, [](Exact x) { return x < 0 ? -x : x; }),
      unary("erf", erf, std::erf),
      unary("erfc", erfc, std::erfc),
      unary("sign", sign, [](Exact x) { return x > 0   ? 1
                                               : x < 0 ? -1
                                                       : x; }),
      unary("floor", floor, std::floor),
      unary("ceil", ceil, std::ceil),
      unary("round", round, std::nearbyint),
      unary("trunc", trunc, std::trunc),
      unary("sin", sin, std::sin),
      unary("cos", cos, std::cos),
      unary("tan", tan, std::tan, between(-1.2, 1.2)),
      unary("asin", asin, std::asin, inside_one),
      unary("acos", acos, std::acos, inside_one),
      unary("atan", atan, std::atan),
      unary("sinh", sinh, std::sinh),
      unary("cosh", cosh, std::cosh),
      unary("tanh", tanh, std::tanh),
      unary("asinh", asinh, std::asinh),
      unary("acosh", acosh, std::acosh, between(1.2, 3.2)),
      unary("atanh", atanh, std::atanh, inside_one),
  };
}

std::vector<Operation> activations() {
  const Domain wide = between(-4, 4);
  return {
      unary("sigmoid", sigmoid, sigmoid_of),
      unary("log_sigmoid", log_sigmoid, [](Exact x) { return -softplus_of(-x); }),
      unary("softplus", softplus, softplus_of),
      unary("relu", relu, [](Exact x) { return x < 0 ? 0 : x; }),
      leaky_relu_operation(),
      elu_operation(),
      unary("selu", selu,
            [](Exact x) {
              return Exact(1.0507009873554804934L) *
                     (x > 0 ? x : Exact(1.6732632423543772848L) * std::expm1(x));
            }),
      unary("gelu", gelu,
            [](Exact x) { return x * std::erfc(-x / std::numbers::sqrt2_v<Exact>) / 2; }),
      unary("gelu_tanh", gelu_tanh,
            [](Exact x) {
              const Exact inner =
                  std::sqrt(2 / std::numbers::pi_v<Exact>) * (x + Exact(0.044715L) * x * x * x);
              return x * (1 + std::tanh(inner)) / 2;
            }),
      unary("silu", silu, [](Exact x) { return x * sigmoid_of(x); }),
      unary("mish", mish, [](Exact x) { return x * std::tanh(softplus_of(x)); }),
      unary("softsign", softsign, [](Exact x) { return x / (1 + std::abs(x)); }),
      unary("hard_tanh", hard_tanh, [](Exact x) { return std::clamp(x, Exact(-1), Exact(1)); }),
      unary("hard_sigmoid", hard_sigmoid, hard_sigmoid_of, wide),
      unary(
          "hard_swish", hard_swish, [](Exact x) { return x * hard_sigmoid_of(x); }, wide),
  };
}

}  // namespace

std::vector<Operation> elementwise_operations() {
  return joined(
      {arithmetic_operations(), elementary_operations(), gamma_operations(), activations()});
}

}  // namespace reel::inline REEL_PRECISION
