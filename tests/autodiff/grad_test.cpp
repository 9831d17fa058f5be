// grad: gradients as values, as functions, and of gradients.
#include <reel/autodiff/engine/grad.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../throws.h"
#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

const auto third_power = [](const Var& x) { return x * x * x; };

}  // namespace

TEST_CASE("several xs, and zeros for those that y does not depend on") {
  Tape tape;
  const Var a = tape.variable(vector({1, 2})), b = tape.variable(vector({3, 4})),
            c = tape.variable(matrix({{5, 6}}));
  const Var y = sum(a * b * b);
  const Var later = tape.variable(vector({1}));
  for (const bool create_graph : {false, true}) {
    const auto g = grad(y, {a, b, c, later, a}, {.create_graph = create_graph});
    REQUIRE(g.size() == 5);
    CHECK(g[0].value() == vector({9, 16}));
    CHECK(g[1].value() == vector({6, 16}));
    CHECK(g[2].value() == zeros({1, 2}));
    CHECK(g[3].value() == zeros({1}));
    CHECK(g[4].value() == g[0].value());
    CHECK(g[0].requires_grad() == create_graph);
  }
  CHECK(grad(y, std::vector<Var>{}).empty());
  const std::vector<Var> constants{Var(3)}, seeds{Var(1)};
  const std::vector<Var> xs{a, c};
  const auto of_constant = grad(constants, seeds, xs);
  CHECK(of_constant[0].value() == zeros({2}));
  CHECK(of_constant[1].value() == zeros({1, 2}));
  CHECK_ERROR("[grad] y of shape () is a constant", grad(Var(3), {a, c}));
}

TEST_CASE("seeds") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2, 3}));
  const Var y = x * x;
  CHECK(grad(y, x, {.seed = vector({1, 0, -2})}).value() == vector({2, 0, -12}));
  CHECK(grad(sum(y), x, {.seed = Var(3)}).value() == vector({6, 12, 18}));
  CHECK_ERROR("[grad] y has shape (3), and only a scalar has a gradient. Hint: sum it, or give",
              grad(y, x));
  CHECK_ERROR("[grad] the seed has shape (2), y (3).", grad(y, x, {.seed = vector({1, 2})}));
  CHECK_ERROR("[grad] the seed has shape (), y (3).", grad(y, x, {.seed = Var(1)}));
  // a seed may be a variable: the product with the Jacobian is linear in it
  const Var v = tape.variable(vector({1, 1, 1}));
  const Var product = grad(y, x, {.create_graph = true, .seed = v});
  CHECK(grad(sum(product * vector({1, 2, 3})), v).value() == vector({2, 8, 18}));
}

TEST_CASE("y by itself") {
  Tape tape;
  const Var x = tape.variable(scalar(2));
  for (const bool create_graph : {false, true}) {
    CHECK(grad(x, x, {.create_graph = create_graph}).item() == 1);
    const Var y = x * x;
    const auto both = grad(y, {y, x}, {.create_graph = create_graph});
    CHECK(both[0].item() == 1);
    CHECK(both[1].item() == 4);
  }
  const Var v = tape.variable(vector({1, 2}));
  CHECK(grad(v, v, {.seed = vector({5, 6})}).value() == vector({5, 6}));
  const Parameter p(scalar(3));
  CHECK(grad(p, Var(p)).item() == 1);
}

TEST_CASE("by a value in the middle") {
  Tape tape;
  const Var x = tape.variable(scalar(3));
  const Var h = x * x, k = h + x;
  const Var y = h * k;
  const auto g = grad(y, {h, k, x});
  CHECK(g[0].item() == 12 + 9);      // k + h: also through k
  CHECK(g[1].item() == 9);           // h
  CHECK(g[2].item() == 21 * 6 + 9);  // 4x³ + 3x²
  CHECK(grad(h, k).item() == 0);     // k comes after h
  CHECK(grad(y, x).item() == g[2].item());
}

TEST_CASE("second and third derivatives by create_graph") {
  Tape tape;
  const Var x = tape.variable(vector({Real(0.5), Real(-1.25)}));
  const Var y = sum(exp(x) * x);  // y⁽ⁿ⁾ = eˣ(x + n)
  Var derivative = y;
  for (int n = 1; n <= 3; ++n) {
    derivative = grad(n == 1 ? y : sum(derivative), x, {.create_graph = true});
    for (std::size_t i = 0; i < 2; ++i) {
      const double at = x.value()(i);
      CHECK(near(derivative.value()(i), std::exp(at) * (at + n), few_roundings));
    }
  }
  // mixed: ∂²(x²y³)/∂x∂y = 6xy²
  const Var a = tape.variable(scalar(2)), b = tape.variable(scalar(3));
  const Var da = grad(a * a * b * b * b, a, {.create_graph = true});
  CHECK(grad(da, b).item() == 6 * 2 * 9);
}

TEST_CASE("mixed derivatives of pow do not depend on the order") {
  for (const Real p0 : {Real(0), Real(1), Real(2), Real(-1.5)}) {
    Tape tape;
    const Var x = tape.variable(scalar(Real(1.5))), p = tape.variable(scalar(p0));
    const Var y = pow(x, p);
    const double xp = grad(grad(y, x, {.create_graph = true}), p).item();
    const double px = grad(grad(y, p, {.create_graph = true}), x).item();
    const double expected = std::pow(1.5, p0 - 1) * (1 + p0 * std::log(1.5));
    CAPTURE(p0);
    CHECK(near(xp, expected, few_roundings));
    CHECK(near(px, expected, few_roundings));
  }
  const auto slope = [](Real x, Real p) {
    return grad([p](const Var& v) { return pow(v, p); })(Var(x)).item();
  };
  CHECK(slope(0, 0) == 0);
  CHECK(slope(0, 1) == 1);
  CHECK(slope(0, 2) == 0);
  CHECK(slope(-2, 3) == 12);
}

TEST_CASE("the gradient of a function as a function") {
  CHECK(grad(third_power)(Var(2)).item() == 12);
  CHECK(grad(grad(third_power))(Var(2)).item() == 12);
  CHECK(grad(grad(grad(third_power)))(Var(2)).item() == 6);
  CHECK(grad(grad(grad(grad(third_power))))(Var(2)).item() == 0);
  CHECK(Tape::innermost() == nullptr);
  CHECK(!grad(third_power)(Var(2)).requires_grad());
  // on a live tape the result can be differentiated again
  Tape tape;
  const Var x = tape.variable(scalar(2));
  const Var y = grad(third_power)(x) * x;  // 3x³
  CHECK(y.item() == 24);
  CHECK(grad(y, x).item() == 36);
  CHECK_ERROR("only a scalar has a gradient", grad(third_power)(Var(vector({1, 2}))));
}

TEST_CASE("elementwise_grad") {
  const Tensor at = vector({-1, 0, 2});
  CHECK(elementwise_grad(third_power)(at).value() == vector({3, 0, 12}));
  CHECK(elementwise_grad(elementwise_grad(third_power))(at).value() == vector({-6, 0, 12}));
  CHECK(elementwise_grad(elementwise_grad(elementwise_grad(third_power)))(at).value() ==
        full({3}, 6));
  CHECK(elementwise_grad(third_power)(Var(2)).item() == 12);
}

TEST_CASE("perturbations of nested derivatives are not confused") {
  // d/dx [x · d/dy (x + y)] = 1; perturbation confusion gives 2
  const auto f = [](const Var& x) { return x * grad([&](const Var& y) { return x + y; })(Var(1)); };
  CHECK(grad(f)(Var(1)).item() == 1);
  const auto g = [](const Var& x) {  // the same with y = x: d/dy (x·y) = x, so x² and 2x
    return x * grad([&](const Var& y) { return x * y; })(x);
  };
  CHECK(g(Var(3)).item() == 9);
  CHECK(grad(g)(Var(3)).item() == 6);
  CHECK(grad(grad(g))(Var(3)).item() == 2);
  const auto h = [](const Var& x) {  // d/dy (y²·x) at y = x² is 2x³
    return grad([&](const Var& y) { return y * y * x; })(x * x);
  };
  CHECK(grad(h)(Var(2)).item() == 6 * 4);
  // a parameter that the function captures
  const Parameter w(scalar(5));
  Tape tape;
  const Var loss = grad([&](const Var& y) { return w * y * y; })(Var(3));  // 6w
  CHECK(loss.item() == 30);
  tape.backward(loss);
  CHECK(*w.gradient() == scalar(6));
}

TEST_CASE("grad under NoTape") {
  Tape tape;
  const Var x = tape.variable(scalar(3));
  const Var y = x * x;
  const std::size_t before = tape.size();
  {
    const NoTape off;
    CHECK(grad(y, x).item() == 6);
    CHECK(tape.size() == before);
    // with create_graph it records
    const Var g = grad(y, x, {.create_graph = true});
    CHECK(grad(g, x).item() == 2);
    CHECK(Tape::recording() == nullptr);
    CHECK(grad(third_power)(Var(2)).item() == 12);
    CHECK(grad(third_power)(x).item() == 27);
    CHECK(!grad(third_power)(x).requires_grad());
  }
}

TEST_CASE("a gradient without create_graph leaves nothing behind") {
  const Parameter w(vector({1, 2}));
  Tape tape;
  const Var x = tape.variable(vector({3, 4}));
  const Var y = sum(tanh(x * w));
  const std::size_t before = tape.size();
  const Var g = grad(y, {x, w})[0];
  CHECK(tape.size() == before);
  CHECK(!g.requires_grad());
  CHECK(!w.gradient());
  CHECK(Tape::recording() == &tape);
  CHECK(grad(y, x, {.create_graph = true}).requires_grad());
  CHECK(tape.size() > before);
}

TEST_CASE("what cannot be asked") {
  Tape tape;
  const Var x = tape.variable(scalar(2));
  const Var y = x * x;
  CHECK_ERROR("[grad] x 0 of shape (2) is a constant. Hint:", grad(y, Var(vector({1, 2}))));
  CHECK_ERROR("[grad] x 1 of shape () is a constant.", grad(y, {x, Var(3)}));
  CHECK_ERROR("[grad] x 0 of shape () is a constant.", grad(y, grad(y, x)));
  Tape inner;
  CHECK_ERROR("[grad] an input of shape () was recorded on another tape, outside this one.",
              grad(y, x));
}

TEST_CASE("grad inside a forward pass") {
  // a model whose output is the derivative of an energy w·x⁴: y = 4wx³
  const Parameter w(scalar(2));
  const auto forward = [&](const Var& x) {
    return elementwise_grad([&](const Var& v) { return w * v * v * v * v; })(x);
  };
  CHECK(forward(vector({1, -2})).value() == vector({8, -64}));
  Tape tape;
  const Var x = tape.variable(vector({1, -2}));
  const Var y = forward(x);
  CHECK(y.value() == vector({8, -64}));
  tape.backward(sum(y));
  CHECK(*w.gradient() == scalar(4 - 32));
  CHECK(grad(sum(y), x).value() == vector({24, 96}));  // 12wx²
}

TEST_CASE("the sweep over tensors and the recorded one agree") {
  for (const OperationCase& c : operation_table()) {
    const std::string label = c.operation + " " + c.what;
    CAPTURE(label);
    Tape tape;
    std::vector<Var> xs;
    for (const Tensor& x : c.inputs) xs.push_back(tape.variable(x));
    const Var y = c.f(xs);
    Tensor seed = uninitialized(y.shape());
    for (std::size_t i = 0; i < seed.size(); ++i)
      seed.data()[i] = Real(0.7) - Real(0.31) * static_cast<Real>(i % 5);
    const auto fused = grad(y, xs, {.seed = seed});
    const auto recorded = grad(y, xs, {.create_graph = true, .seed = seed});
    for (std::size_t i = 0; i < xs.size(); ++i) {
      CHECK(fused[i].shape() == xs[i].shape());
      // the absolute tolerance is for sums that cancel, with terms of up to some hundreds
      CHECK(near(fused[i].value(), recorded[i].value(), 1e-13, 1e-13));
    }
  }
}

// ---- a value that is not chosen has no gradient, even if its derivative is not finite

TEST_CASE("a choice that was not taken passes no infinite gradient on") {
  const std::vector<std::pair<const char*, std::function<Var(const Var&)>>> choices{
      {"relu", [](const Var& x) { return relu(x); }},
      {"maximum", [](const Var& x) { return maximum(x, Real(0)); }},
      {"minimum", [](const Var& x) { return -minimum(-x, Real(0)); }},
      {"clip", [](const Var& x) { return clip(x, 0, 10); }},
      {"where", [](const Var& x) {
         return where(vector({0, 1}), x, Real(0));
       }}};
  for (const auto& choice : choices) {
    CAPTURE(choice.first);
    Tape tape;
    const Var x = tape.variable(vector({-1, 4}));
    const Var y = sum(sqrt(choice.second(x)));
    CHECK(grad(y, x).value() == vector({0, 0.25}));
    const Var g = grad(y, x, {.create_graph = true});
    CHECK(g.value() == vector({0, 0.25}));
    CHECK(grad(sum(g), x).value() == vector({0, -0.03125}));
  }
  const auto far = [](const Var& x) { return huber(x, zeros({1})); };
  CHECK(grad(far)(vector({INFINITY})).value() == vector({1}));
}

TEST_CASE("a class that cannot be has no part in the loss of another") {
  Tape tape;
  const Var logits = tape.variable(matrix({{0, -INFINITY}}));
  const Labels labels{0};
  for (const Var& loss : {softmax_cross_entropy(logits, labels, CrossEntropyOptions{}),
                          softmax_cross_entropy(logits, labels),
                          negative_log_likelihood(log_softmax(logits), labels)}) {
    CHECK(loss.item() == 0);
    CHECK(grad(loss, logits).value() == zeros({1, 2}));
  }
}

TEST_CASE("where a length is 0 its second derivative is 0, as its first") {
  const Tensor equal = vector({2, 2, 2});
  CHECK(grad(grad([](const Var& x) { return hypot(x, Real(0)); }))(scalar(0)).item() == 0);
  for (const auto& f : std::vector<std::function<Var(const Var&)>>{
           [](const Var& x) { return norm(x - Real(2)); },
           [](const Var& x) { return standard_deviation(x); }}) {
    Tape tape;
    const Var x = tape.variable(equal);
    const Var g = grad(f(x), x, {.create_graph = true});
    CHECK(g.value() == zeros({3}));
    CHECK(grad(sum(g * vector({1, 2, 3})), x).value() == zeros({3}));
  }
}

TEST_CASE("a gradient is no view of a parameter that was its seed") {
  Parameter p(vector({1, 2}));
  Tape tape;
  const Var x = tape.variable(vector({3, 4}));
  const Var g = grad(x + Real(1), x, {.seed = Var(p)});
  p.mutate()(0) = 99;
  CHECK(g.value() == vector({1, 2}));
}

TEST_CASE("small gradients on a long tape visit their own part of it") {
  struct Counter : Observer {
    void rule_begins(const OperationEvent&) override { ++rules; }
    int rules = 0;
  };
  Tape tape;
  const Var x = tape.variable(scalar(2));
  Var y = x;
  for (int i = 0; i < 1000; ++i) y = y + Real(1);
  const Var late = tape.variable(scalar(3));
  const Var z = late * y;
  const Counter counter;
  CHECK(grad(z, late).item() == 1002);
  CHECK(counter.rules == 1);
  CHECK(grad(z, x).item() == 3);
  CHECK(counter.rules == 1002);
}

TEST_CASE("transpose takes an order that is no constant") {
  Shape order{1, 0};
  const Var x = matrix({{1, 2}});
  CHECK(transpose(x, order).shape() == Shape{2, 1});
}

}  // namespace reel::inline REEL_PRECISION
