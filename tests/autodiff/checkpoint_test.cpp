// Checkpointing: the same numbers as without it, with less memory.
#include <reel/autodiff/engine/checkpoint.h>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Vars = std::span<const Var>;
using Segment = std::function<Var(Vars)>;

// A segment of several operations with two inputs, whose values are worth dropping.
Var segment(Vars x) { return tanh(x[0] * x[1]) * exp(x[0]) + x[1]; }

Var long_segment(const Var& x) {
  Var y = x;
  for (int i = 0; i < 100; ++i) y = tanh(y * y + x);
  return y;
}

nn::Sequential network() {
  nn::Sequential model(nn::Linear(3, 5), nn::tanh, nn::Linear(5, 5), nn::tanh, nn::Linear(5, 2));
  Rng rng(1);
  nn::init(model, rng);
  return model;
}

const Tensor images = matrix({{0.5, -1, 2}, {1, 0.25, -0.5}, {0, 3, 1}, {-2, 1, 0.125}});

// Counts how many rules run.
struct RuleCount : Observer {
  void rule_ended(const BackwardEvent&) override { ++count; }
  int count = 0;
};

}  // namespace

// ---- equal numbers

TEST_CASE("the same value and the same gradients, bit for bit") {
  Tape tape;
  const std::vector<Var> xs{tape.variable(vector({0.5, -1, 2})),
                            tape.variable(vector({1.5, 0.3, -0.7}))};
  const Var plain = segment(xs);
  const std::size_t before = tape.size();
  const Var kept = checkpoint(segment, xs);
  CHECK(tape.size() == before + 1);
  CHECK(std::string_view(tape.node(before).operation) == "checkpoint");
  CHECK(kept.value() == plain.value());
  const Var seed = vector({1, -2, 0.5});
  for (const bool create_graph : {false, true}) {
    const auto a = grad(plain, xs, {.create_graph = create_graph, .seed = seed}),
               b = grad(kept, xs, {.create_graph = create_graph, .seed = seed});
    for (std::size_t i = 0; i < 2; ++i) CHECK(a[i].value() == b[i].value());
    CHECK(b[0].requires_grad() == create_graph);
  }
  // by one of the two, with operations before and after
  const Var y = sum(square(checkpoint(segment, std::vector<Var>{exp(xs[0]), xs[0]})));
  const Var z = sum(square(segment(std::vector<Var>{exp(xs[0]), xs[0]})));
  CHECK(grad(y, xs[0]).value() == grad(z, xs[0]).value());
  CHECK(grad(y, xs[1]).value() == zeros({3}));
}

TEST_CASE("a module's parameters get the same gradients, bit for bit") {
  const auto run = [](const std::function<Var(const nn::Sequential&, const Var&)>& forward) {
    const nn::Sequential model = network();
    Tape tape;
    const Var x = tape.variable(images);
    tape.backward(sum(square(forward(model, x))));
    std::vector<SharedTensor> gradients;
    for (const Parameter& p : model.parameters()) gradients.push_back(p.gradient());
    return gradients;
  };
  const auto plain = run([](const nn::Sequential& m, const Var& x) { return m(x); });
  const std::vector<std::function<Var(const nn::Sequential&, const Var&)>> ways{
      [](const nn::Sequential& m, const Var& x) { return checkpoint(m, x); },
      [](const nn::Sequential& m, const Var& x) {
        return checkpoint([&m](const Var& v) { return m(v); }, x);
      },
      [](const nn::Sequential& m, const Var& x) {  // as a constant input
        return checkpoint(m, stop_gradient(x));
      },
      [](const nn::Sequential& m, const Var& x) {  // a checkpoint in a checkpoint
        return checkpoint([&m](const Var& v) { return checkpoint(m, v); }, x);
      }};
  for (std::size_t way = 0; way < ways.size(); ++way) {
    const auto gradients = run(ways[way]);
    REQUIRE(gradients.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(way);
      CAPTURE(i);
      REQUIRE(gradients[i]);
      CHECK(*gradients[i] == *plain[i]);
    }
  }
}

TEST_CASE("layers one by one") {
  nn::Linear first(3, 4), second(4, 2);
  Rng rng(2);
  nn::init(first, rng);
  nn::init(second, rng);
  Tape tape;
  const Var plain = sum(square(second(tanh(first(images)))));
  const Var kept = sum(
      square(checkpoint(second, checkpoint([&](const Var& x) { return tanh(first(x)); }, images))));
  const std::vector<Parameter> parameters{first.weight, first.bias, second.weight, second.bias};
  const auto a = grad(plain, parameters), b = grad(kept, parameters);
  for (std::size_t i = 0; i < 4; ++i) CHECK(a[i].value() == b[i].value());
}

TEST_CASE("derivatives of any order") {
  const Segment kept = [](Vars x) { return checkpoint(segment, x); };
  const CheckReport report =
      check_gradients(kept, {vector({0.5, -1, 2}), vector({1.5, 0.3, -0.7})}, {.order = 2});
  CHECK_MESSAGE(report.ok, report.describe());
  const auto quartic = [](const Var& x) { return x * x * x * x; };
  const auto f = [&](const Var& x) { return checkpoint(quartic, x); };
  CHECK(grad(grad(f))(Var(2)).item() == 48);
  CHECK(grad(grad(grad(f)))(Var(2)).item() == 48);
  CHECK(grad(grad(grad(grad(f))))(Var(2)).item() == 24);
  // mixed derivatives with respect to inputs and parameters
  const Parameter w(scalar(3));
  Tape tape;
  const Var x = tape.variable(scalar(2));
  const Var y = checkpoint([&](const Var& v) { return w * w * v * v * v; }, x);
  const auto g = grad(y, {x, Var(w)}, {.create_graph = true});
  CHECK(g[0].item() == 9 * 3 * 4);
  CHECK(g[1].item() == 6 * 8);
  CHECK(grad(g[0], Var(w)).item() == 6 * 12);
  CHECK(grad(g[1], x).item() == 6 * 12);
  CHECK(grad(g[0], x).item() == 9 * 6 * 2);
  CHECK(grad(g[1], Var(w)).item() == 2 * 8);
}

TEST_CASE("the product with the Hessian goes through a checkpoint") {
  const nn::Sequential model = network();
  const std::vector<Parameter> parameters = model.parameters();
  std::vector<Var> direction;
  for (const Parameter& p : parameters) direction.emplace_back(full(p.shape(), Real(0.5)));
  Tape tape;
  const auto a = hvp(sum(square(model(images))), parameters, direction);
  const auto b = hvp(sum(square(checkpoint(model, images))), parameters, direction);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(near(a[i].value(), b[i].value(), 1e-13));
}

TEST_CASE("a segment may differentiate by itself") {
  const Parameter w(scalar(3));
  const auto cube = [&](const Var& v) { return w * v * v * v; };
  const std::vector<std::function<Var(const Var&)>> segments{
      [&](const Var& v) { return v * grad(cube)(v); },
      [&](const Var& v) { return v * grad(cube)(Var(2)); },
      [&](const Var& v) { return jvp(cube, v, v).second; },
      [&](const Var& v) { return v * hvp(cube, v, Var(2)); },
      [&](const Var& v) { return checkpoint([&](const Var& u) { return grad(cube)(u); }, v); }};
  for (std::size_t i = 0; i < segments.size(); ++i)
    for (const bool create_graph : {false, true}) {
      CAPTURE(i);
      CAPTURE(create_graph);
      Tape tape;
      const Var x = tape.variable(scalar(5));
      const auto a = grad(segments[i](x), {x, Var(w)}, {.create_graph = create_graph}),
                 b = grad(checkpoint(segments[i], x), {x, Var(w)}, {.create_graph = create_graph});
      CHECK(a[0].item() == b[0].item());
      CHECK(a[1].item() == b[1].item());
    }
}

TEST_CASE("a parameter that is used before the segment and in it") {
  const Parameter p(scalar(2));
  const auto f = [&](const Var& h) { return h * p; };
  Tape tape;
  const Var y = checkpoint(f, p * p);  // p³
  CHECK(grad(y, Var(p)).item() == 12);
  const Var slope = grad(y, Var(p), {.create_graph = true});
  CHECK(slope.item() == 12);
  CHECK(grad(slope, Var(p)).item() == 12);
  // the parameter is also an input
  const Var z = checkpoint(f, p);  // p²
  CHECK(grad(z, Var(p)).item() == 4);
  CHECK(grad(grad(z, Var(p), {.create_graph = true}), Var(p)).item() == 2);
}

TEST_CASE("segments that are hardly any") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2}));
  const Parameter p(vector({3, 4}));
  CHECK(grad(sum(checkpoint([](const Var& v) { return v; }, x)), x).value() == full({2}, 1));
  CHECK(grad(sum(checkpoint([&](const Var&) { return Var(p); }, x)), Var(p)).value() ==
        full({2}, 1));
  CHECK(grad(sum(checkpoint([&](const Var&) { return Var(p); }, x)), x).value() == zeros({2}));
  const Var constant = checkpoint([](const Var&) { return Var(5); }, x);
  CHECK(constant.item() == 5);
  CHECK(grad(constant, x).value() == zeros({2}));
  CHECK(checkpoint([](Vars) { return Var(7); }, std::vector<Var>{}).item() == 7);
  // an input that the segment ignores; the same input twice
  const Var ignored = checkpoint([](Vars v) { return sum(v[0]); }, std::vector<Var>{x, p});
  CHECK(grad(ignored, Var(p)).value() == zeros({2}));
  const Var squared = checkpoint([](Vars v) { return sum(v[0] * v[1]); }, std::vector<Var>{x, x});
  CHECK(grad(squared, x).value() == vector({2, 4}));
}

// ---- memory and lifetimes

TEST_CASE("a long segment is not kept") {
  const Tensor start = full({1000}, Real(0.3));
  const auto memory_with = [&](bool kept) {
    Tape tape;
    const Var x = tape.variable(start);
    const Var y = kept ? checkpoint(long_segment, x) : long_segment(x);
    const TapeMemory memory = tape.memory();
    return std::pair(memory, grad(sum(y), x).value());
  };
  const auto [plain, expected] = memory_with(false);
  const auto [kept, gradient] = memory_with(true);
  CHECK(gradient == expected);
  CHECK(plain.nodes == 301);
  CHECK(kept.nodes == 2);
  CHECK(plain.bytes > 300 * 1000 * sizeof(Real));
  CHECK(kept.bytes < 3 * 1000 * sizeof(Real));  // the input and the value
}

TEST_CASE("segments in a row, and one in another, run each rule once more at most") {
  const auto step = [](const Var& v) { return tanh(v * v + v); };
  const auto twice = [&](const Var& v) { return checkpoint(step, checkpoint(step, v)); };
  const auto rules_of = [&](const std::function<Var(const Var&)>& f) {
    Tape tape;
    const Var x = tape.variable(scalar(Real(0.3)));
    const Var y = f(x);
    RuleCount rules;
    const Real slope = grad(y, x).item();
    return std::pair(rules.count, slope);
  };
  const auto [plain, slope] = rules_of([&](const Var& v) { return step(step(v)); });
  CHECK(plain == 6);
  CHECK(rules_of(twice) == std::pair(8, slope));  // 2 checkpoints and the operations in them
  CHECK(rules_of([&](const Var& v) { return checkpoint(twice, v); }) == std::pair(9, slope));
}

TEST_CASE("a temporary function is kept, a named one referred to") {
  Tape tape;
  const Var x = tape.variable(scalar(3));
  std::optional<Var> y;
  {
    const SharedTensor captured = scalar(5);
    y = checkpoint([captured](const Var& v) { return v * captured; }, x);
  }
  CHECK(grad(*y, x).item() == 5);
  int calls = 0;
  auto counting = [&calls](const Var& v) {
    ++calls;
    return v * v;
  };
  const Var z = checkpoint(counting, x);
  CHECK(calls == 1);
  CHECK(grad(z, x).item() == 6);
  CHECK(grad(z, x).item() == 6);
  CHECK(calls == 3);
  // a bare function
  CHECK(grad(checkpoint(long_segment, x), x).value() == grad(long_segment(x), x).value());
}

TEST_CASE("what a segment holds is let go with the tape") {
  const auto alive = std::make_shared<int>(0);
  {
    Tape tape;
    const Var x = tape.variable(scalar(3));
    const Var y = checkpoint([alive](const Var& v) { return v * v; }, x);
    CHECK(alive.use_count() == 2);
    CHECK(grad(y, x).item() == 6);
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("without a tape it is a call") {
  int calls = 0;
  const auto f = [&](const Var& v) {
    ++calls;
    CHECK(Tape::innermost() == nullptr);
    return v * v;
  };
  const Var y = checkpoint(f, Var(3));
  CHECK(y.item() == 9);
  CHECK(!y.requires_grad());
  CHECK(calls == 1);
  Tape tape;
  const Var x = tape.variable(scalar(3));
  const NoTape off;
  CHECK(!checkpoint([](const Var& v) { return v * v; }, x).requires_grad());
  CHECK(tape.size() == 1);
}

TEST_CASE("constant inputs record nothing, unless there is a parameter") {
  Tape tape;
  const Var y = checkpoint([](const Var& v) { return v * v; }, Var(3));
  CHECK(y.item() == 9);
  CHECK(!y.requires_grad());
  CHECK(tape.size() == 0);
  const Parameter p(scalar(2));
  const Var z = checkpoint([&](const Var& v) { return v * p; }, Var(3));
  CHECK(tape.size() == 2);
  tape.backward(z);
  CHECK(*p.gradient() == scalar(3));
}

// ---- errors

TEST_CASE("another variable of the tape must be an input") {
  Tape tape;
  const Var x = tape.variable(scalar(3)), outer = tape.variable(scalar(5), "outer");
  const std::size_t before = tape.size();
  CHECK_ERROR("(\"outer\") was recorded on another tape, outside this one",
              checkpoint([&](const Var& v) { return v * outer; }, x));
  CHECK_ERROR("(\"outer\") was recorded on another tape, outside this one",
              checkpoint([&](const Var&) { return outer; }, x));
  CHECK(tape.size() == before);
  CHECK(Tape::recording() == &tape);
  const Var y = checkpoint([](Vars v) { return v[0] * v[1]; }, std::vector<Var>{x, outer});
  CHECK(grad(y, outer).item() == 3);
  CHECK(checkpoint([&](const Var& v) { return v * stop_gradient(outer); }, x).item() == 15);
}

TEST_CASE("a segment that throws leaves the tape as it was") {
  const Parameter p(scalar(2));
  Tape tape;
  const Var x = tape.variable(vector({1, 2}));
  const std::size_t before = tape.size();
  CHECK_THROWS_AS(checkpoint(
                      [&](const Var& v) {
                        return exp(v * p) + vector({1, 2, 3});
                      },
                      x),
                  Error);
  CHECK_THROWS_AS(checkpoint([](const Var&) -> Var { throw std::runtime_error("no"); }, x),
                  std::runtime_error);
  CHECK_ERROR("[var] is empty", checkpoint([](const Var&) { return Var(); }, x));
  CHECK(tape.size() == before);
  CHECK(Tape::recording() == &tape);
  CHECK(Tape::innermost() == &tape);
  // a segment that throws when it is recomputed changes no gradient
  bool again = false;
  const auto f = [&](const Var& v) {
    if (again) throw std::runtime_error("no");
    return v * p;
  };
  const Var y = sum(checkpoint(f, x)) + p;
  again = true;
  CHECK_THROWS_AS(tape.backward(y), std::runtime_error);
  CHECK_THROWS_AS(grad(y, x, {.create_graph = true}), std::runtime_error);
  CHECK(!p.gradient());
  CHECK(Tape::recording() == &tape);
  again = false;
  tape.backward(y);
  CHECK(*p.gradient() == scalar(4));
}

TEST_CASE("a segment that uses other parameters the second time") {
  const Parameter a(scalar(2)), b(scalar(3));
  const std::vector<std::function<Var(const Var&, bool again)>> segments{
      [&](const Var& v, bool again) { return again ? v * a * b : v * a; },
      [&](const Var& v, bool again) { return again ? v * v : v * a; },
      [&](const Var& v, bool again) { return v * (again ? b : a); }};
  for (std::size_t i = 0; i < segments.size(); ++i)
    for (const bool create_graph : {false, true}) {
      CAPTURE(i);
      CAPTURE(create_graph);
      bool again = false;
      Tape tape;
      const Var x = tape.variable(scalar(5));
      const Var y = checkpoint([&](const Var& v) { return segments[i](v, again); }, x);
      again = true;
      CHECK_ERROR("[checkpoint] the segment used", grad(y, x, {.create_graph = create_graph}));
      CHECK(Tape::recording() == &tape);
    }
}

TEST_CASE("a value that changed after the segment") {
  Parameter p(scalar(2), "p");
  Tape tape;
  const Var x = tape.variable(scalar(5));
  const Var y = checkpoint([&](const Var& v) { return v * p; }, x);
  p.mutate()() = 3;
  CHECK_ERROR("[checkpoint] an input of shape () (\"p\") was changed after it was recorded.",
              grad(y, x));
}

}  // namespace reel::inline REEL_PRECISION
