// The rows of the elementwise operations.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <reel/autodiff/core/error.h>
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

// Needs no expression for PyTorch where the function of the same name does the same.
Operation unary(const char* name, Unary f, Exact (*exact)(Exact),
                const Domain& domain = between(-2, 2), const std::string& in_pytorch = "") {
  Operation row{name, Kind::unary, domain};
  row.accepts("", call(f), elementwise(exact),
              single({{}, {0}, {0, 3}, {1}, {1, 1}, {5}, {2, 3}, {2, 1, 3}, {long_enough}}));
  return in_pytorch.empty() ? row : row.in_pytorch(in_pytorch);
}

// Where an elementwise function may overflow, lose digits, or have a kink.
std::vector<Tensor> tiny() { return {vector({-1e-9, -1e-300, 1e-300, 1e-9, 1e-5})}; }
std::vector<Tensor> small_and_large() { return {vector({1e-300, 1e-8, 1, 1e8, 1e300})}; }
std::vector<Tensor> far_out() { return {vector({-700, -30, -5, 5, 30, 700})}; }
std::vector<Tensor> very_far_out() { return {vector({-1e150, -1e8, -30, 30, 1e8, 1e150})}; }
std::vector<Tensor> many_turns() { return {vector({-1e8, -1e5, 1e3, 1e6})}; }
std::vector<Tensor> several_turns() { return {between(-25, 25)({3, 4}, 0)}; }
std::vector<Tensor> wide_spread() { return {between(-6.4, 6.4)({2, 5}, 0)}; }
std::vector<Tensor> at_zero() { return {vector({-1, 0, 1})}; }
// Of these, log x and 1 − x² are exact.
std::vector<Tensor> around_one() { return {vector({1 - 0x1p-30, 1, 1 + 0x1p-30, 1 + 0x1p-8})}; }
std::vector<Tensor> below_one() {
  return {vector({0x1p-20 - 1, 0x1p-8 - 1, 1 - 0x1p-8, 1 - 0x1p-20})};
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

Operation binary(const std::string& name, const CheckedFunction& f, const Reference& reference,
                 const Domain& domain, const std::string& in_pytorch) {
  constexpr std::size_t n = long_enough;
  Operation row{name, Kind::binary, domain};
  row.accepts(
         "with itself",
         [f](Vars x) {
           return f(std::vector{x[0], x[0]});
         },
         [reference](const Plains& x) {
           return reference({x[0], x[0]});
         },
         single({{3}}))
      .in_pytorch("(lambda x, y: " + in_pytorch + ")(x, x)");
  row.accepts("", f, reference, {{{n}, {n}}, {{n}, {}}, {{}, {n}}, {{2, n}, {n}}, {{2, n}, {2, 1}}},
              1)
      .in_pytorch(in_pytorch);
  row.accepts("", f, reference, broadcast_pairs()).in_pytorch(in_pytorch);
  for (const auto& [a, b] : {std::pair<Shape, Shape>{{2, 3}, {2}}, {{2}, {2, 3}}, {{3}, {0}}})
    row.refuses(f, {{a, b}}, clash(a, b));
  return row;
}

Operation binary(const std::string& name, Binary f, Exact (*exact)(Exact, Exact),
                 const Domain& domain = between(-2, 2)) {
  return binary(name, call(f), elementwise(exact), domain, name + "(x, y)");
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
      between(-2, 2), "where((arange(x.numel()) % 2 == 0).reshape(x.shape), x, y)");
  const auto by = [&row](const std::string& what, const Tensor& chosen,
                         const std::vector<Shapes>& shapes) {
    row.accepts(
           what, [chosen](Vars x) { return where(chosen, x[0], x[1]); },
           [chosen](const Plains& x) { return choose(plain(chosen), x[0], x[1]); }, shapes)
        .in_pytorch("where(" + in_python(chosen) + " != 0, x, y)");
  };
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 1}, Shape{2, 1, 3}})
    by("a condition " + to_string(shape) + " for", condition(shape), {{{3}, {}}, {{3}, {2, 3}}});
  by("any number but 0 for", vector({2.5, 0, -1, 1e-300}), {{{4}, {4}}});
  return row.refuses([](Vars x) { return where(condition({2}), x[0], x[1]); }, {{{3}, {3}}},
                     clash({2}, {3}));
}

Operation pow_operation() {
  Operation row = binary("pow", pow, std::pow, between(0.2, 2.6));
  row.at("powers of 0", {zeros({3}), vector({1, 2, 3})}, once)
      .at("small and large", {vector({1e-100, 1e100, 10, 1e-300}), vector({3, -3, 300, 0.01})},
          once);
  const auto to = [&row](const std::string& what, const Tensor& exponent,
                         const std::vector<Shape>& shapes) {
    row.accepts(
           what, [exponent](Vars x) { return pow(x[0], Var(exponent)); },
           [p = plain(exponent)](const Plains& x) {
             return plain(x[0].shape,
                          [&](const Index& i) { return std::pow(x[0].at(i), p.at(i)); });
           },
           single(shapes))
        .in_pytorch("x ** " + in_python(exponent));
  };
  to("to the power of 2.5", scalar(2.5), {{2, 3}});
  to("to the power of -½", scalar(-0.5), {{2, 3}});
  row.over(signed_between(0.3, 2.3));
  to("squared", scalar(2), {{2, 3}});
  to("cubed", scalar(3), {{5}, {2, 3}});
  to("inverted", scalar(-1), {{2, 3}});
  to("to whole powers", vector({-3, -1, 0, 1, 2, 5}), {{6}});
  to("to the power of 0", vector({0, 0}), {});
  return row.at("0 to the 0", {vector({0, 2})}, once);
}

Operation clip_operation() {
  Operation row = unary(
                      "clip", [](const Var& x) { return clip(x, Real(-0.5), 1); },
                      [](Exact x) { return std::clamp(x, Exact(-0.5), Exact(1)); }, between(-2, 2),
                      "clamp(x, -0.5, 1)")
                      .at("at its ends", {vector({-1.5, -0.5, 0, 1, 2})}, once)
                      .refuses([](Vars x) { return clip(x[0], 1, Real(0.5)); }, single({{2}}),
                               "low 1 is above high 0.5");
  const auto to = [&row](const std::string& what, Real low, Real high) {
    row.accepts(
           what, [=](Vars x) { return clip(x[0], low, high); },
           [=](const Plains& x) {
             return plain(x[0].shape,
                          [&](const Index& i) { return std::clamp<Exact>(x[0].at(i), low, high); });
           },
           single({{5}}))
        .in_pytorch(concat("clamp(x, ", low, ", ", high, ")"));
  };
  to("where nothing is clipped", -3, 3);
  to("where everything is clipped", 2, 3);
  to("to one point", 1, 1);
  return row.at("at one point", {vector({-1, 1, 2})}, once);
}

Operation leaky_relu_operation() {
  return unary(
             "leaky_relu", [](const Var& x) { return leaky_relu(x); },
             [](Exact x) { return x > 0 ? x : Exact(0.01) * x; })
      .at("at 0", at_zero(), once)
      .at("wide spread", wide_spread())
      .at("far out", far_out(), once)
      .accepts(
          "of slope 0.3", [](Vars x) { return leaky_relu(x[0], Real(0.3)); },
          elementwise([](Exact x) { return x > 0 ? x : Exact(0.3) * x; }),
          single({{2, 3}, {long_enough}}))
      .in_pytorch("leaky_relu(x, 0.3)")
      .at("of slope 0.3, at 0", at_zero(), once);
}

Operation elu_operation() {
  return unary(
             "elu", [](const Var& x) { return elu(x); },
             [](Exact x) { return x > 0 ? x : std::expm1(x); })
      .at("at 0", at_zero(), once)
      .at("wide spread", wide_spread())
      .at("far out", far_out(), once)
      .accepts(
          "of alpha 0.7", [](Vars x) { return elu(x[0], Real(0.7)); },
          elementwise([](Exact x) { return x > 0 ? x : Exact(0.7) * std::expm1(x); }),
          single({{2, 3}, {long_enough}}))
      .in_pytorch("elu(x, 0.7)")
      .at("of alpha 0.7, at 0", at_zero(), once)
      .at("of alpha 0.7, far out", far_out(), once);
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

// Of a function with poles at 0, −1, −2, …
void add_gamma_points(Operation& row, const std::string& what) {
  row.at(what + "signed", {vector({-1.546875, -0.421875, -0.109375, 0.078125, 0.984375, 1.359375})})
      .at(what + "tiny", {vector({-1e-9, 1e-9})}, once)
      .at(what + "large", {vector({12.5, 100})}, once);
}

Operation polygamma_operation() {
  const Domain positive = between(0.3, 3.3);
  Operation row{"polygamma", Kind::unary, positive};
  const auto of_order = [&row](int n, Exact (*exact)(Exact), const std::vector<Shape>& shapes) {
    const std::string what = "of order " + std::to_string(n);
    row.accepts(
           what, [n](Vars x) { return polygamma(n, x[0]); }, elementwise(exact), single(shapes))
        .in_pytorch("polygamma(x, " + std::to_string(n) + ")");
    add_gamma_points(row, what + ", ");
  };
  of_order(0, digamma_of, {{4}});
  of_order(1, polygamma_of<1>,
           {{}, {0}, {0, 3}, {1}, {1, 1}, {5}, {2, 3}, {2, 1, 3}, {long_enough}});
  of_order(4, polygamma_of<4>, {{4}});
  row.over(between(-1.7, -1.3));
  of_order(2, polygamma_of<2>, {{4}});
  return row.at("of order 2, far out", {vector({1e3, 1e8})}, once)
      .over(positive)
      .refuses([](Vars x) { return polygamma(-1, x[0]); }, single({{2}}), "the order -1 is")
      .refuses([](Vars x) { return polygamma(101, x[0]); }, single({{2}}), "the order 101 is");
}

Operation gamma_operation(const char* name, Unary f, Exact (*exact)(Exact)) {
  Operation row = unary(name, f, exact, between(0.3, 3.3))
                      .over(between(-1.7, -1.3))
                      .accepts("below 0", call(f), elementwise(exact), single({{4}}));
  add_gamma_points(row, "");
  return row.at("whole and half", {vector({-1.5, -0.5, 0.5, 1.5, 3, 10})});
}

std::vector<Operation> gamma_operations() {
  const std::vector<Tensor> far{vector({1e3, 1e8})};
  return {gamma_operation("lgamma", lgamma, std::lgamma).at("far out", far, once),
          gamma_operation("tgamma", tgamma, std::tgamma).at("1 and 2", {vector({1, 2})}),
          gamma_operation("digamma", digamma, digamma_of).at("far out", far, once),
          polygamma_operation()};
}

Exact sigmoid_of(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact softplus_of(Exact x) { return std::log1p(std::exp(x)); }  // finite up to x = 11356
Exact hard_sigmoid_of(Exact x) { return std::clamp(x / 6 + Exact(0.5), Exact(0), Exact(1)); }

std::vector<Operation> arithmetic_operations() {
  const Domain nonzero = signed_between(0.3, 2.3);
  const std::vector<Tensor> ties{vector({1, -2, 0, 3}), vector({1, -2, 0, 4})};
  const std::vector<Tensor> ties_with_one{vector({1, 2, 1}), vector({1})};
  return {
      binary("add", add, [](Exact a, Exact b) { return a + b; }),
      binary("subtract", subtract, [](Exact a, Exact b) { return a - b; }),
      binary("multiply", multiply, [](Exact a, Exact b) { return a * b; }),
      binary(
          "divide", divide, [](Exact a, Exact b) { return a / b; }, nonzero)
          .at("small and large divisors",
              {vector({-1.5, 0.25, 1.375, -0.75}), vector({1e-8, -1e-3, 1e3, -1e8})}),
      pow_operation(),
      binary("hypot", hypot, std::hypot, nonzero)
          .at("at 0", {vector({0, 0, 3, -4}), vector({0, 5, 0, 3})}, once)
          .at("small and large", {vector({1e-200, 3e200, 1e-200}), vector({-2e-200, 4e200, 1})},
              once),
      binary("atan2", atan2, std::atan2, nonzero)
          .at("four quadrants", {vector({1, 1, -1, -1}), vector({2, -2, 2, -2})})
          .at("on the axes", {vector({0, 3, 0, -3}), vector({2, 0, -2, 0})})
          .at("small and large", {vector({1e-100, 1e100, -1e8}), vector({1e-100, 1, -1e-8})}, once),
      unary("negate", negate, [](Exact x) { return -x; }),
      binary("maximum", maximum, [](Exact a, Exact b) { return a > b || a != a ? a : b; })
          .at("ties", ties, once)
          .at("ties with one number", ties_with_one, once),
      binary("minimum", minimum, [](Exact a, Exact b) { return a < b || a != a ? a : b; })
          .at("ties", ties, once)
          .at("ties with one number", ties_with_one, once),
      clip_operation(),
      where_operation(),
  };
}

std::vector<Operation> elementary_operations() {
  const Domain positive = between(0.2, 3), nonzero = signed_between(0.3, 2.3);
  const auto logarithm = [&](const char* name, Unary f, Exact (*exact)(Exact)) {
    return unary(name, f, exact, positive)
        .at("small and large", small_and_large(), once)
        .at("near 1", around_one(), once);
  };
  const auto step = [](const char* name, Unary f, Exact (*exact)(Exact)) {
    return unary(name, f, exact)
        .at("at steps", {vector({-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5})})
        .at("small and large", {vector({-1e300, -0x1p51 - 0.5, -1e-300, 0x1p51 + 0.5, 1e300})});
  };
  return {
      unary("exp", exp, std::exp).at("far out", far_out(), once),
      unary("exp2", exp2, std::exp2)
          .at("whole", {vector({-2, -1, 0, 1, 10})})
          .at("far out", {vector({-1000, -30, 30, 1000})}, once),
      unary("expm1", expm1, std::expm1).at("tiny", tiny(), once).at("far out", far_out(), once),
      logarithm("log", log, std::log),
      logarithm("log2", log2, std::log2),
      logarithm("log10", log10, std::log10),
      unary("log1p", log1p, std::log1p, between(-0.7, 2))
          .at("tiny", tiny(), once)
          .at("far out", {vector({0x1p-20 - 1, -0.5, 1e8, 1e300})}, once),
      unary("sqrt", sqrt, std::sqrt, positive)
          .at("squares", {vector({1, 4, 9, 0x1p-20})})
          .at("small and large", small_and_large(), once),
      unary("cbrt", cbrt, std::cbrt, nonzero)
          .at("cubes", {vector({-8, -1, 1, 27, 1e9})})
          .at("small and large", small_and_large(), once)
          .at("small and large, negative", {vector({-1e-300, -1e-8, -1e8, -1e300})}, once),
      unary("square", square, [](Exact x) { return x * x; })
          .at("far out", {vector({-1e150, -1e8, 1e-150, 1e150})}, once),
      unary(
          "reciprocal", reciprocal, [](Exact x) { return 1 / x; }, nonzero)
          .at("small and large", {vector({-1e-150, 1e-8, -1e8, 1e150})}, once),
      unary("abs", abs, [](Exact x) { return x < 0 ? -x : x; })
          .at("at 0", at_zero(), once)
          .at("small and large", {vector({-1e300, -1e-300, 1e-300, 1e300})}, once),
      unary("erf", erf, std::erf)
          .at("tiny", tiny(), once)
          .at("far out", {vector({-30, -5.5, -3, 3, 5.5, 30})}, once),
      unary("erfc", erfc, std::erfc)
          .at("tiny", tiny(), once)
          .at("far out", {vector({-30, -5.5, 3, 10, 25})}, once),
      step("sign", sign, [](Exact x) { return x > 0   ? 1
                                              : x < 0 ? -1
                                                      : x; }),
      step("floor", floor, std::floor),
      step("ceil", ceil, std::ceil),
      step("round", round, std::nearbyint),
      step("trunc", trunc, std::trunc),
  };
}

std::vector<Operation> trigonometric_operations() {
  const Domain inside_one = between(-0.8, 0.8);
  const auto periodic = [](const char* name, Unary f, Exact (*exact)(Exact),
                           const Domain& domain = between(-2, 2)) {
    return unary(name, f, exact, domain)
        .at("several turns", several_turns())
        .at("many turns", many_turns(), once);
  };
  return {
      periodic("sin", sin, std::sin).at("tiny", tiny(), once),
      periodic("cos", cos, std::cos),
      periodic("tan", tan, std::tan, between(-1.2, 1.2)).at("tiny", tiny(), once),
      unary("asin", asin, std::asin, inside_one)
          .at("tiny", tiny(), once)
          .at("near 1", below_one(), once),
      unary("acos", acos, std::acos, inside_one)
          .at("exact", {vector({-0.5, 0, 0.5})})
          .at("near 1", below_one(), once),
      unary("atan", atan, std::atan).at("tiny", tiny(), once).at("far out", very_far_out(), once),
      unary("sinh", sinh, std::sinh).at("tiny", tiny(), once).at("far out", far_out(), once),
      unary("cosh", cosh, std::cosh).at("wider", wide_spread()).at("far out", far_out(), once),
      unary("tanh", tanh, std::tanh)
          .at("tiny", tiny(), once)
          .at("far out", {vector({-300, -15, -1e-9, 1e-9, 15, 300})}, once),
      unary("asinh", asinh, std::asinh)
          .at("tiny", tiny(), once)
          .at("far out", very_far_out(), once),
      unary("acosh", acosh, std::acosh, between(1.2, 3.2))
          .at("near 1", {vector({1 + 0x1p-20, 1 + 0x1p-8})}, once)
          .at("far out", {vector({30, 1e8, 1e150})}, once),
      unary("atanh", atanh, std::atanh, inside_one)
          .at("tiny", tiny(), once)
          .at("near 1", below_one(), once),
  };
}

std::vector<Operation> activations() {
  const auto activation = [](const char* name, Unary f, Exact (*exact)(Exact),
                             const Domain& domain = between(-2, 2)) {
    return unary(name, f, exact, domain)
        .at("wide spread", wide_spread())
        .at("far out", far_out(), once);
  };
  const Domain wide = between(-4, 4);
  const std::vector<Tensor> ends{vector({-4, -3, 0, 3, 4})};
  return {
      activation("sigmoid", sigmoid, sigmoid_of),
      activation("log_sigmoid", log_sigmoid, [](Exact x) { return -softplus_of(-x); }),
      activation("softplus", softplus, softplus_of).at("at 0", at_zero(), once),
      activation("relu", relu, [](Exact x) { return x < 0 ? 0 : x; }).at("at 0", at_zero(), once),
      leaky_relu_operation(),
      elu_operation(),
      activation("selu", selu,
                 [](Exact x) {
                   return Exact(1.0507009873554804934L) *
                          (x > 0 ? x : Exact(1.6732632423543772848L) * std::expm1(x));
                 })
          .at("at 0", at_zero(), once),
      activation("gelu", gelu,
                 [](Exact x) { return x * std::erfc(-x / std::numbers::sqrt2_v<Exact>) / 2; })
          .at("at 0", at_zero(), once),
      activation("gelu_tanh", gelu_tanh,
                 [](Exact x) {
                   const Exact inner = std::sqrt(2 / std::numbers::pi_v<Exact>) *
                                       (x + Exact(0.044715L) * x * x * x);
                   return x * (1 + std::tanh(inner)) / 2;
                 }),
      activation("silu", silu, [](Exact x) { return x * sigmoid_of(x); }),
      activation("mish", mish, [](Exact x) { return x * std::tanh(softplus_of(x)); })
          .at("at 0", at_zero(), once),
      activation("softsign", softsign, [](Exact x) { return x / (1 + std::abs(x)); })
          .at("at 0", at_zero(), once),
      activation("hard_tanh", hard_tanh, [](Exact x) { return std::clamp(x, Exact(-1), Exact(1)); })
          .at("at its ends", {vector({-2, -1, 0, 1, 2})}, once),
      activation("hard_sigmoid", hard_sigmoid, hard_sigmoid_of, wide).at("at its ends", ends, once),
      activation(
          "hard_swish", hard_swish, [](Exact x) { return x * hard_sigmoid_of(x); }, wide)
          .at("at its ends", ends, once),
  };
}

}  // namespace

std::vector<Operation> elementwise_operations() {
  return joined({arithmetic_operations(), elementary_operations(), gamma_operations(),
                 trigonometric_operations(), activations()});
}

}  // namespace reel::inline REEL_PRECISION
