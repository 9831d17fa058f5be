// Jacobians, Hessians and products with them, against closed forms; and derivatives of these.
#include <reel/autodiff/engine/derivatives.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

// The functions of most tests, with their derivatives by hand.

using Map = std::function<Var(const Var&)>;

const Tensor layer_weight = matrix({{0.5, -0.25, 0.125}, {0.25, 0.5, -0.125}});
const Tensor start_point = vector({0.5, -1, 2});
const Tensor direction = vector({1, -2, 0.25});

// y = tanh(A·x): Jᵢⱼ = (1 − yᵢ²)·Aᵢⱼ
const Map tanh_layer = [](const Var& x) { return tanh(matmul(layer_weight, x)); };

Tensor layer_jacobian(const Tensor& x) {
  Tensor j = layer_weight;
  const Tensor y = tanh_layer(x).value();
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < 3; ++k) j(i, k) *= 1 - y(i) * y(i);
  return j;
}

// f = x₀²·x₁ + e^(x₁·x₂)
const Map bowl = [](const Var& x) {
  const Var x0 = slice(x, 0, 0, 1), x1 = slice(x, 0, 1, 2), x2 = slice(x, 0, 2, 3);
  return sum(x0 * x0 * x1 + exp(x1 * x2));
};

Tensor bowl_hessian(const Tensor& x) {
  const double e = std::exp(x(1) * x(2)), mixed = e * (1 + x(1) * x(2));
  return matrix(
      {{2 * x(1), 2 * x(0), 0}, {2 * x(0), x(2) * x(2) * e, mixed}, {0, mixed, x(1) * x(1) * e}});
}

const Map sum_of_cubes = [](const Var& x) { return sum(x * x * x); };

Tensor times(const Tensor& m, const Tensor& v) { return matmul(Var(m), Var(v)).value(); }
Tensor transposed_times(const Tensor& m, const Tensor& v) { return times(reel::transpose(m), v); }

}  // namespace

// ---- Jacobians and Hessians

TEST_CASE("the Jacobian of a vector by a vector") {
  const Tensor j = jacobian(tanh_layer)(start_point).value();
  CHECK(j.shape() == Shape{2, 3});
  CHECK(near(j, layer_jacobian(start_point), few_roundings));
}

TEST_CASE("the Jacobian has the shape of the value and then that of the argument") {
  const Tensor x = matrix({{1, 2}, {3, 4}, {5, 6}});
  CHECK(jacobian(sum_of_cubes)(x).value() == 3 * x * x);  // a scalar by a matrix gives its gradient
  const Tensor j = jacobian([](const Var& v) { return matmul(layer_weight, v); })(x).value();
  REQUIRE(j.shape() == Shape{2, 2, 3, 2});  // ∂(A·X)ᵢⱼ/∂Xₖₗ = Aᵢₖ·δⱼₗ
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t col = 0; col < 2; ++col)
        for (std::size_t l = 0; l < 2; ++l)
          CHECK(j(i, col, k, l) == (col == l ? layer_weight(i, k) : 0));
  // a vector and a matrix by a scalar
  const auto powers = [](const Var& v) { return stack({v, v * v, v * v * v}); };
  CHECK(jacobian(powers)(Var(2)).value() == vector({1, 4, 12}));
  CHECK(jacobian([&](const Var& v) {
          return reshape(powers(v), {1, 3});
        })(Var(2))
            .value() == matrix({{1, 4, 12}}));
}

TEST_CASE("the Jacobian of nothing, of what does not depend on x, and of x") {
  const auto empty = [](const Var& x) { return slice(x, 0, 0, 0); };
  CHECK(jacobian(empty)(start_point).shape() == Shape{0, 3});
  CHECK(jacobian([](const Var& x) { return x * x; })(zeros({0, 2})).shape() == Shape{0, 2, 0, 2});
  CHECK(jacobian([](const Var&) {
          return Var(vector({1, 2}));
        })(start_point)
            .value() == zeros({2, 3}));
  const Parameter p(vector({1, 2}));
  CHECK(jacobian([&](const Var&) { return Var(p); })(start_point).value() == zeros({2, 3}));
  const Tensor identity = matrix({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  CHECK(jacobian([](const Var& x) { return x; })(start_point).value() == identity);
}

TEST_CASE("the Hessian") {
  CHECK(near(hessian(bowl)(start_point).value(), bowl_hessian(start_point), few_roundings, 1e-16));
  const Tensor b = matrix({{1, 2, 0}, {-1, 3, 4}, {5, 0, 2}});  // for xᵀBx: B + Bᵀ
  CHECK(hessian([&](const Var& x) { return dot(x, matmul(b, x)); })(start_point).value() ==
        b + reel::transpose(b));
  CHECK(hessian([](const Var& x) { return sum(x * layer_weight); })(layer_weight).value() ==
        zeros({2, 3, 2, 3}));
  const Tensor h = hessian(sum_of_cubes)(layer_weight).value();  // for a matrix: 6X on the diagonal
  REQUIRE(h.shape() == Shape{2, 3, 2, 3});
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t k = 0; k < 6; ++k)
      CHECK(h.data()[6 * i + k] == (i == k ? 6 * layer_weight.data()[i] : 0));
  CHECK(hessian([](const Var& x) { return x * x * x; })(Var(2)).value() == scalar(12));
  // third order: ∂³Σx³ is 6 where all three indices are equal
  const Tensor third = jacobian(hessian(sum_of_cubes))(start_point).value();
  REQUIRE(third.shape() == Shape{3, 3, 3});
  for (std::size_t i = 0; i < 27; ++i) CHECK(third.data()[i] == (i % 13 == 0 ? 6 : 0));
}

// ---- products

TEST_CASE("forward and backward products") {
  const Tensor j = layer_jacobian(start_point), u = vector({3, -1});
  const auto [y, forward] = jvp(tanh_layer, start_point, direction);
  CHECK(y.value() == tanh_layer(start_point).value());
  CHECK(near(forward.value(), times(j, direction), few_roundings, 1e-16));
  const auto [z, backward] = vjp(tanh_layer, start_point, u);
  CHECK(z.value() == tanh_layer(start_point).value());
  CHECK(near(backward.value(), transposed_times(j, u), few_roundings, 1e-16));
  // for a scalar, and for a result that does not depend on x
  CHECK(jvp(sum_of_cubes, start_point, direction).second.item() == 0.75 - 6 + 3);
  CHECK(vjp(sum_of_cubes, start_point, Var(2)).second.value() == 6 * start_point * start_point);
  const auto constant = [](const Var&) { return Var(vector({1, 2})); };
  CHECK(jvp(constant, start_point, direction).second.value() == zeros({2}));
  CHECK(vjp(constant, start_point, vector({1, 1})).second.value() == zeros({3}));
}

TEST_CASE("a forward product is what finite differences approach") {
  const auto f = [](const Var& x) { return tanh_layer(exp(x) * x) * bowl(x); };
  const Tensor exact = jvp(f, start_point, direction).second.value();
  const double h = 1e-5;
  const Tensor above = f(Tensor(start_point + h * direction)).value(),
               below = f(Tensor(start_point - h * direction)).value();
  CHECK(near(exact, (above - below) / (2 * h), 1e-8));  // the error is of order h² and 1e-16/h
}

TEST_CASE("the product of the Hessian with a vector") {
  const Tensor expected = times(bowl_hessian(start_point), direction);
  CHECK(near(hvp(bowl, start_point, direction).value(), expected, few_roundings));
  CHECK(near(times(hessian(bowl)(start_point).value(), direction), expected, few_roundings));
  CHECK(hvp(sum_of_cubes, layer_weight, layer_weight).value() == 6 * layer_weight * layer_weight);
  CHECK(hvp([](const Var& x) { return sum(x); }, start_point, direction).value() == zeros({3}));
  CHECK(hvp([](const Var& x) { return x * x * x; }, Var(2), Var(5)).item() == 60);
}

TEST_CASE("the product with the Hessian by several variables") {
  // f = Σ p²·q + r·Σ p: H mixes p with q and r, whose own blocks are 0
  Tape tape;
  const std::vector<Var> xs{tape.variable(vector({1, 2})), tape.variable(vector({3, 5})),
                            tape.variable(scalar(7)), tape.variable(vector({11}))};
  const std::vector<Var> vs{vector({1, -1}), vector({2, 3}), Var(4), vector({5})};
  const Var& p = xs[0];
  const Var f = sum(p * p * xs[1]) + xs[2] * sum(p);
  for (const bool create_graph : {false, true}) {
    const auto product = hvp(f, xs, vs, {.create_graph = create_graph});
    REQUIRE(product.size() == 4);
    // 2q·v_p + 2p·v_q + v_r, 2p·v_p, Σ v_p, and 0 for a parameter that f does not use
    CHECK(product[0].value() == vector({6 + 4 + 4, -10 + 12 + 4}));
    CHECK(product[1].value() == vector({2, -4}));
    CHECK(product[2].value() == scalar(0));
    CHECK(product[3].value() == zeros({1}));
    CHECK(product[0].requires_grad() == create_graph);
  }
  CHECK(hvp(f, xs, vs, {.seed = Var(10)})[1].value() == vector({20, -40}));
  CHECK(hvp(f, std::vector<Var>{}, std::vector<Var>{}).empty());
  CHECK_ERROR("is a constant", hvp(Var(3), xs, vs));
}

TEST_CASE("a direction that depends on the variables is a direction all the same") {
  Tape tape;
  const std::vector<Var> xs{tape.variable(start_point)};
  const Var f = sum_of_cubes(xs[0]);
  const std::vector<Var> gradient{grad(f, xs[0], {.create_graph = true})};
  CHECK(near(hvp(f, xs, gradient)[0].value(), 18 * start_point * start_point * start_point,
             few_roundings));  // 6x·3x²
  CHECK(near(hvp(sum_of_cubes, xs[0], gradient[0]).value(),
             18 * start_point * start_point * start_point, few_roundings));
  CHECK(near(jvp(tanh_layer, xs[0], gradient[0]).second.value(),
             times(layer_jacobian(start_point), 3 * start_point * start_point), few_roundings));
}

TEST_CASE("the product with the Hessian by parameters") {
  // f = ½‖W·x‖² for a fixed x: H·V = V·x·xᵀ
  const std::vector<Parameter> parameters{Parameter(layer_weight, "w"), Parameter(scalar(1))};
  const Tensor v = matrix({{1, 0, 2}, {-1, 1, 0}});
  Tape tape;
  const Var y = matmul(parameters[0], start_point);
  const auto product = hvp(Real(0.5) * dot(y, y), parameters, std::vector<Var>{v, Var(1)});
  const Tensor vx = times(v, start_point);
  CHECK(near(product[0].value(), reel::outer(vx, start_point).value(), few_roundings));
  CHECK(product[1].item() == 0);
  for (const Parameter& p : parameters) CHECK(!p.gradient());
}

TEST_CASE("the product with the Hessian of a hundred thousand parameters") {
  // f = ½Σ c·x²; its Hessian would take 80 GB
  constexpr std::size_t n = 100'000;
  Tensor c = uninitialized({n}), v = uninitialized({n});
  for (std::size_t i = 0; i < n; ++i) {
    c(i) = static_cast<Real>(i % 1000);
    v(i) = static_cast<Real>(i % 7) - 3;
  }
  const auto f = [&](const Var& x) { return Real(0.5) * sum(x * x * c); };
  CHECK(hvp(f, full({n}, 2), v).value() == c * v);
  Tape tape;
  const std::vector<Parameter> parameters{Parameter(full({n}, 2))};
  CHECK(hvp(f(parameters[0]), parameters, std::vector<Var>{v})[0].value() == c * v);
  CHECK(tape.memory().bytes < 40 * n * sizeof(Real));
}

TEST_CASE("the Gauss–Newton product") {
  const Tensor j = layer_jacobian(start_point), jv = times(j, direction);
  CHECK(near(gauss_newton_product(tanh_layer, start_point, direction).value(),
             transposed_times(j, jv), few_roundings));
  // with the loss Σ eʸ, whose Hessian is diag(eʸ)
  const Tensor curved = xt::exp(tanh_layer(start_point).value()) * jv;
  const auto loss = [](const Var& y) { return sum(exp(y)); };
  CHECK(near(gauss_newton_product(tanh_layer, loss, start_point, direction).value(),
             transposed_times(j, curved), few_roundings));
  // for a linear function it equals the Hessian's product; for the layer it does not
  const auto half_square = [](const Var& y) { return Real(0.5) * dot(y, y); };
  const Map linear = [](const Var& x) { return matmul(layer_weight, x); };
  const auto full_product = [&](const Map& f) {
    return hvp([&](const Var& x) { return half_square(f(x)); }, start_point, direction).value();
  };
  const Tensor of_linear =
      gauss_newton_product(linear, half_square, start_point, direction).value();
  CHECK(near(of_linear, full_product(linear), few_roundings));
  CHECK(
      near(of_linear, gauss_newton_product(linear, start_point, direction).value(), few_roundings));
  CHECK(!near(gauss_newton_product(tanh_layer, start_point, direction).value(),
              full_product(tanh_layer), 0.1));
}

TEST_CASE("the Gauss–Newton product of a classifier") {
  // the Hessian of softmax cross-entropy with respect to its logits is diag(p) − p·pᵀ
  const Tensor weight = matrix({{1, 0, 2}, {0, -1, 1}, {0.5, 1, 0}, {-1, 1, 1}});
  const Map logits = [&](const Var& x) { return matmul(weight, x); };
  const auto loss = [](const Var& y) {
    return softmax_cross_entropy(reshape(y, {1, 4}), Labels{2});
  };
  const Tensor p = reel::softmax(logits(start_point).value()), forward = times(weight, direction);
  const Real along = dot(p, forward).item();
  const Tensor expected = transposed_times(weight, p * forward - p * along);
  CHECK(near(gauss_newton_product(logits, loss, start_point, direction).value(), expected, 1e-13));
}

// ---- gradients of several values, and with respect to several

TEST_CASE("gradients by several inputs and by parameters") {
  const std::vector<Parameter> parameters{Parameter(vector({1, 2})), Parameter(scalar(3)),
                                          Parameter(vector({4}))};
  Tape tape;
  const Var x = tape.variable(vector({5, 6}));
  const Var y = sum(parameters[0] * x) * parameters[1];  // 3·(5 + 12)
  for (const bool create_graph : {false, true}) {
    const auto g = grad(y, parameters, {.create_graph = create_graph});
    REQUIRE(g.size() == 3);
    CHECK(g[0].value() == vector({15, 18}));
    CHECK(g[1].item() == 17);
    CHECK(g[2].value() == zeros({1}));
    CHECK(g[0].requires_grad() == create_graph);
    const auto both = grad(y, {x, Var(parameters[1])}, {.create_graph = create_graph});
    CHECK(both[0].value() == vector({3, 6}));
    CHECK(both[1].item() == 17);
  }
  for (const Parameter& p : parameters) CHECK(!p.gradient());
  CHECK(grad(y, std::vector<Parameter>{}).empty());
}

TEST_CASE("the sum of the gradients of several values") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2})), w = tape.variable(scalar(3));
  const Var h = x * w, y = h * h;  // y depends on h
  const std::vector<Var> ys{y, h, sum(x), Var(5), h},
      seeds{vector({1, -1}), vector({10, 20}), Var(7), Var(100), vector({1, 1})}, xs{x, w, h};
  for (const bool create_graph : {false, true}) {
    const auto g = grad(ys, seeds, xs, {.create_graph = create_graph});
    REQUIRE(g.size() == 3);
    // with respect to h: 2h·(1, −1) + (10, 20) + (1, 1)
    CHECK(g[2].value() == vector({17, 9}));
    CHECK(g[0].value() == vector({3 * 17 + 7, 3 * 9 + 7}));
    CHECK(g[1].item() == 17 + 2 * 9);
    CHECK(g[0].requires_grad() == create_graph);
  }
  CHECK(seeds[1].value() == vector({10, 20}));
  CHECK(grad(std::vector<Var>{}, std::vector<Var>{}, xs)[0].value() == zeros({2}));
  CHECK(grad(ys, seeds, std::vector<Var>{}).empty());
  // differentiable with respect to the seeds as well
  const std::vector<Var> vs{tape.variable(vector({1, 1})), tape.variable(vector({2, 2}))};
  const Var g = grad(std::vector<Var>{y, h}, vs, xs, {.create_graph = true})[0];  // 2w²x·v₀ + w·v₁
  CHECK(grad(sum(g), vs[0]).value() == vector({18, 36}));
  CHECK(grad(sum(g), vs[1]).value() == vector({3, 3}));
  CHECK(grad(sum(g), w).item() == 2 * 2 * 3 * 3 + 4);
  CHECK_ERROR("[grad] 2 ys and 1 seeds.", grad(std::vector<Var>{y, h}, std::vector<Var>{y}, xs));
  CHECK_ERROR("[grad] the seed has shape (), y (2).",
              grad(std::vector<Var>{y}, std::vector<Var>{Var(1)}, xs));
  CHECK_ERROR("[var] is empty", grad(std::vector<Var>{y}, std::vector<Var>{Var()}, xs));
}

TEST_CASE("partial derivatives hold the other variables") {
  Tape tape;
  const Var p = tape.variable(scalar(2));
  const Var h = p * p, k = h * p;
  const Var y = h * p + k;  // as a function of p alone, 2p³
  const std::vector<Var> xs{p, h, k};
  for (const bool create_graph : {false, true}) {
    const auto whole = grad(y, xs, {.create_graph = create_graph});
    CHECK(whole[0].item() == 24);  // 6p²
    CHECK(whole[1].item() == 4);   // p, and p through k
    CHECK(whole[2].item() == 1);
    const auto part = grad(y, xs, {.create_graph = create_graph, .partial = true});
    CHECK(part[0].item() == 4);  // h
    CHECK(part[1].item() == 2);  // p
    CHECK(part[2].item() == 1);
    CHECK(part[0].requires_grad() == create_graph);
  }
  // the derivative of a partial derivative is a derivative like any other: ∂h/∂p
  CHECK(grad(grad(y, xs, {.create_graph = true, .partial = true})[0], p).item() == 4);
  CHECK(grad(y, p, {.partial = true}).item() == 24);  // nothing else is held constant
  CHECK(grad(y, {y, p}, {.partial = true})[1].item() == 0);
}

TEST_CASE("nested gradients") {
  // f = e²ˣ sin x: f‴ = e²ˣ(2 sin x + 11 cos x)
  const auto f = [](const Var& x) { return exp(2 * x) * sin(x); };
  const double x = 0.7, expected = std::exp(2 * x) * (2 * std::sin(x) + 11 * std::cos(x));
  CHECK(near(grad(grad(grad(f)))(Var(Real(x))).item(), expected, few_roundings));
  const Tensor each =
      elementwise_grad(elementwise_grad(elementwise_grad(f)))(full({3}, Real(x))).value();
  CHECK(near(each, full({3}, Real(expected)), few_roundings));
  CHECK(near(jacobian(elementwise_grad(grad(f)))(Var(Real(x))).item(), expected, few_roundings));
}

TEST_CASE("stop_gradient") {
  Tape tape;
  const Var x = tape.variable(scalar(3));
  CHECK(!stop_gradient(x).requires_grad());
  CHECK(grad(stop_gradient(x * x) * x, x).item() == 9);
  CHECK(grad([](const Var& v) { return stop_gradient(v * v) * v; })(Var(3)).item() == 9);
  CHECK(grad(grad([](const Var& v) { return stop_gradient(v * v) * v; }))(Var(3)).item() == 0);
  CHECK(jacobian([](const Var& v) { return stop_gradient(v); })(start_point).value() ==
        zeros({3, 3}));
}

// ---- derivatives of derivatives, on a live tape

TEST_CASE("products can be differentiated by x and by their direction") {
  const Tensor w = vector({2, -1, 3});
  Tape tape;
  const Var x = tape.variable(start_point), v = tape.variable(direction);
  const auto check = [&](const Var& y, const Tensor& by_x, const Tensor& by_v) {
    const auto g = grad(sum(y * w), {x, v});
    CHECK(near(g[0].value(), by_x, few_roundings));
    CHECK(near(g[1].value(), by_v, few_roundings));
  };
  const auto fourth = [](const Var& z) { return sum(z * z * z * z); };
  const auto cube = [](const Var& z) { return z * z * z; };
  // 12x²v
  check(hvp(fourth, x, v), 24 * start_point * direction * w, 12 * start_point * start_point * w);
  const std::vector<Var> xs{x}, vs{v};
  check(hvp(fourth(x), xs, vs, {.create_graph = true})[0], 24 * start_point * direction * w,
        12 * start_point * start_point * w);
  // 3x²v
  check(jvp(cube, x, v).second, 6 * start_point * direction * w, 3 * start_point * start_point * w);
  check(vjp(cube, x, v).second, 6 * start_point * direction * w, 3 * start_point * start_point * w);
  // 9x⁴v
  check(gauss_newton_product(cube, x, v),
        36 * start_point * start_point * start_point * direction * w,
        9 * start_point * start_point * start_point * start_point * w);
  // with the loss Σy³, whose Hessian is 6y = 6x³: 54x⁷v
  check(gauss_newton_product(cube, sum_of_cubes, x, v),
        378 * xt::pow<6>(start_point) * direction * w, 54 * xt::pow<7>(start_point) * w);
  // the values are on the tape as well
  check(jvp(cube, x, v).first, 3 * start_point * start_point * w, zeros({3}));
  check(vjp(cube, x, v).first, 3 * start_point * start_point * w, zeros({3}));
}

TEST_CASE("entries of Jacobians and Hessians can be differentiated") {
  Tape tape;
  const Var x = tape.variable(start_point);
  const auto entry = [](const Var& m, std::size_t i, std::size_t j) {
    return slice(slice(m, 0, i, i + 1), 1, j, j + 1);
  };
  // ∂/∂xₖ (1 − yᵢ²)Aᵢⱼ = −2yᵢ(1 − yᵢ²)AᵢₖAᵢⱼ
  const Tensor y = tanh_layer(start_point).value(), j = layer_jacobian(start_point);
  const Tensor slope = grad(entry(jacobian(tanh_layer)(x), 1, 2), x).value();
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(near(slope(k), -2 * y(1) * j(1, k) * layer_weight(1, 2), few_roundings));
  // ∂/∂x of ∂²f/∂x₀∂x₁ = 2x₀
  CHECK(grad(entry(hessian(bowl)(x), 0, 1), x).value() == vector({2, 0, 0}));
}

TEST_CASE("a parameter that a function closes over gets its gradient through every form") {
  // f = w·Σx³ with w = 2: each form below is linear in w, except the last, which is quadratic
  const std::vector<std::function<Var(const Map&)>> forms{
      [](const Map& f) { return sum(grad(f)(start_point)); },
      [](const Map& f) { return sum(jacobian(f)(start_point)); },
      [](const Map& f) { return sum(hessian(f)(start_point)); },
      [](const Map& f) { return sum(hvp(f, start_point, direction)); },
      [](const Map& f) { return jvp(f, start_point, direction).second; },
      [](const Map& f) { return sum(vjp(f, start_point, Var(3)).second); },
      [](const Map& f) { return sum(gauss_newton_product(f, start_point, direction)); }};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    CAPTURE(i);
    const Parameter w(scalar(2));
    const Map f = [&](const Var& x) { return w * sum_of_cubes(x); };
    Tape tape;
    const Var y = forms[i](f);
    tape.backward(y);
    const double power = i + 1 == forms.size() ? 2 : 1;
    CHECK(near(item(*w.gradient()), power * y.item() / 2, few_roundings));
  }
}

TEST_CASE("perturbations are not confused") {
  // d/dx [x · d/dy (x + y)] = 1 by every kind of inner derivative; perturbation confusion gives 2
  const std::vector<std::function<Var(const Map&)>> inner{
      [](const Map& f) { return grad(f)(Var(1)); },
      [](const Map& f) { return jacobian(f)(Var(1)); },
      [](const Map& f) { return jvp(f, Var(1), Var(1)).second; },
      [](const Map& f) { return vjp(f, Var(1), Var(1)).second; }};
  for (const auto& derivative : inner) {
    const Map f = [&](const Var& x) { return x * derivative([&](const Var& y) { return x + y; }); };
    CHECK(grad(f)(Var(1)).item() == 1);
    CHECK(jvp(f, Var(1), Var(1)).second.item() == 1);
  }
}

// ---- tapes

TEST_CASE("results do not refer to the tape that was made for them") {
  const auto half_square = [](const Var& y) { return Real(0.5) * dot(y, y); };
  const std::vector<Var> results{
      grad(bowl)(start_point),
      elementwise_grad([](const Var& x) { return exp(x); })(start_point),
      jacobian(tanh_layer)(start_point),
      jacobian([](const Var&) {
        return Var(vector({1, 2}));
      })(start_point),
      hessian(bowl)(start_point),
      jvp(tanh_layer, start_point, direction).first,
      jvp(tanh_layer, start_point, direction).second,
      vjp(tanh_layer, start_point, vector({1, 2})).first,
      vjp(tanh_layer, start_point, vector({1, 2})).second,
      vjp([](const Var& x) { return x; }, start_point, direction).second,
      hvp(bowl, start_point, direction),
      gauss_newton_product(tanh_layer, start_point, direction),
      gauss_newton_product(tanh_layer, half_square, start_point, direction)};
  CHECK(Tape::innermost() == nullptr);
  Tape tape;
  const Var x = tape.variable(scalar(2));
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    CHECK(!results[i].requires_grad());
    CHECK(near(grad(sum(x * results[i]), x).item(), sum(results[i]).item(), few_roundings, 1e-15));
  }
}

TEST_CASE("variables of a tape that has ended, and parameters, are values like any other") {
  Var x, v;
  {
    Tape tape;
    x = tape.variable(start_point);
    v = tape.variable(direction);
  }
  CHECK(near(hvp(bowl, x, v).value(), times(bowl_hessian(start_point), direction), few_roundings));
  const Parameter p(start_point);
  CHECK(near(jvp(tanh_layer, p, v).second.value(), times(layer_jacobian(start_point), direction),
             few_roundings, 1e-16));
  CHECK(!jacobian(tanh_layer)(p).requires_grad());
  CHECK(!p.gradient());
}

TEST_CASE("under NoTape") {
  Tape tape;
  const std::vector<Var> xs{tape.variable(start_point)}, vs{Var(direction)};
  const Var f = sum_of_cubes(xs[0]);
  const NoTape off;
  const std::size_t before = tape.size();
  CHECK(!hvp(bowl, xs[0], vs[0]).requires_grad());
  CHECK(!jacobian(tanh_layer)(xs[0]).requires_grad());
  CHECK(!jvp(tanh_layer, xs[0], vs[0]).second.requires_grad());
  CHECK(tape.size() == before);
  CHECK(hvp(f, xs, vs)[0].value() == 6 * start_point * direction);
  CHECK(Tape::recording() == nullptr);
}

// ---- errors

TEST_CASE("directions and seeds that don't fit") {
  const Tensor wrong = vector({1, 2});
  const auto twice = [](const Var& y) { return y * 2; };
  CHECK_ERROR("[jvp] the direction has shape (2), x (3).", jvp(tanh_layer, start_point, wrong));
  CHECK_ERROR("[hvp] the direction has shape (2), x (3).", hvp(bowl, start_point, wrong));
  CHECK_ERROR("[gauss_newton_product] the direction has shape (2), x (3).",
              gauss_newton_product(tanh_layer, start_point, wrong));
  CHECK_ERROR("[gauss_newton_product] the direction has shape (), x (3).",
              gauss_newton_product(tanh_layer, bowl, start_point, Var(1)));
  CHECK_ERROR("the seed has shape (3), y (2).", vjp(tanh_layer, start_point, start_point));
  CHECK_ERROR("[var] is empty", jvp(tanh_layer, start_point, Var()));
  CHECK_ERROR("[var] is empty", hvp(bowl, Var(), start_point));
  CHECK_ERROR("y has shape (2), and only a scalar has a gradient",
              hvp(tanh_layer, start_point, direction));
  CHECK_ERROR("y has shape (2), and only a scalar has a gradient",
              hessian(tanh_layer)(start_point));
  CHECK_ERROR("y has shape (2), and only a scalar has a gradient",
              gauss_newton_product(tanh_layer, twice, start_point, direction));
  CHECK(Tape::innermost() == nullptr);
}

TEST_CASE("several variables and their directions") {
  const std::vector<Parameter> parameters{Parameter(vector({1, 2}))};
  Tape tape;
  const std::vector<Var> xs{tape.variable(start_point), tape.variable(scalar(1))};
  const Var f = sum_of_cubes(xs[0]) * xs[1];
  CHECK_ERROR("[hvp] 2 variables and 1 directions.", hvp(f, xs, std::vector<Var>{direction}));
  CHECK_ERROR("[hvp] 1 variables and 0 directions.", hvp(f, parameters, std::vector<Var>{}));
  CHECK_ERROR("[hvp] the direction has shape (3), x ().",
              hvp(f, xs, std::vector<Var>{direction, direction}));
  CHECK_ERROR("[grad] x 0 of shape () is a constant",
              hvp(f, std::vector<Var>{Var(1)}, std::vector<Var>{Var(1)}));
  CHECK_ERROR("only a scalar has a gradient", hvp(xs[0] * 2, xs, xs));
}

TEST_CASE("a function that throws leaves no tape behind") {
  const auto fails = [](const Var& x) { return matmul(x, x + vector({1, 2})); };
  CHECK_THROWS_AS(jacobian(fails)(start_point), Error);
  CHECK_THROWS_AS(hvp(fails, start_point, direction), Error);
  CHECK(Tape::innermost() == nullptr);
  CHECK(Tape::recording() == nullptr);
}

}  // namespace reel::inline REEL_PRECISION
