// The check of a model's parameters: it accepts right gradients, names a wrong parameter, and
// restores the model.
#include <reel/nn/check.h>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// x, with a derivative that is wrong by the given factor at each element.
Var with_wrong_derivative(const Var& x, const Tensor& factor) {
  return record(
      "planted", {x}, Tensor(x.value()),
      [c = SharedTensor(factor)](auto& d, auto& g, auto, auto&) { d.add(0, g * d.constant(c)); });
}

// x·W + b; it counts its calls and stores the mean of its inputs. The derivative with respect to W
// may be wrong.
struct Layer : Module {
  explicit Layer(std::size_t in = 3, std::size_t out = 4)
      : weight(zeros({in, out})), bias(zeros({out})), factor(full({in, out}, 1)) {}
  Var forward(const Var& x) const override {
    calls(0) += 1;
    return matmul(x, with_wrong_derivative(weight, factor)) + bias;
  }
  void visit(Visitor& v) override {
    v("weight", weight);
    v("bias", bias);
    v("calls", calls);
  }
  void reset(Init, Rng& rng) override {
    for (Parameter* p : {&weight, &bias})
      for (Real& x : p->mutate()) x = static_cast<Real>(rng.normal());
  }

  Parameter weight, bias;
  mutable Tensor calls = zeros({1});
  Tensor factor;
};

struct Model : Module {
  Layer first{3, 4}, second{4, 2};
  Var forward(const Var& x) const override { return second(tanh(first(x))); }
  void visit(Visitor& v) override {
    v("first", first);
    v("second", second);
  }
};

Model model_of(std::uint64_t seed = 1) {
  Rng rng(seed);
  Model model;
  init(model, rng);
  return model;
}

Tensor random_batch(const Shape& shape) {
  Rng rng(5);
  Tensor x = uninitialized(shape);
  for (Real& v : x.storage()) v = static_cast<Real>(rng.normal());
  return x;
}

const Tensor five_samples = random_batch({5, 3});
const Labels five_labels{0, 1, 1, 0, 1};

std::vector<Tensor> values_of(const Module& model) {
  std::vector<Tensor> values;
  for (const NamedState& part : state_of(model)) values.push_back(part.value());
  return values;
}

}  // namespace

TEST_CASE("check_parameters: right gradients pass, each entry and fast") {
  Model model = model_of();
  const auto loss = [&] { return cross_entropy(model(five_samples), five_labels); };
  const CheckReport full = check_parameters(model, loss);
  CHECK_MESSAGE(full.ok, full.describe());
  CHECK(full.entries == 2 * model.parameter_count());  // of two orders
  const CheckReport fast = check_parameters(model, loss, {.fast = true});
  CHECK_MESSAGE(fast.ok, fast.describe());
  CHECK(fast.entries == 6);
}

TEST_CASE("check_parameters: takes a loss of nothing, of a module, and of the model's own type") {
  Model model = model_of();
  const CheckOptions options{.order = 1};
  CHECK(check_parameters(
      model, [&] { return sum(square(model(five_samples))); }, options));
  CHECK(check_parameters(
      model, [&](const Module& m) { return sum(square(m(five_samples))); }, options));
  CHECK(check_parameters(
      model, [&](const Model& m) { return sum(m.first(five_samples)); }, options));
  CHECK(check_parameters(
      model, [&](const auto& m) { return sum(m(five_samples)); }, options));
  Module& base = model;
  CHECK(check_parameters(
      base, [&](const Module& m) { return sum(m(five_samples)); }, options));
}

TEST_CASE("check_parameters: a wrong gradient is named by its path and place") {
  for (const bool fast : {false, true}) {
    Model model = model_of();
    model.second.factor(3, 1) = Real(1.0005);
    const auto loss = [&] { return sum(square(model(five_samples))); };
    const CheckReport report = check_parameters(model, loss, {.fast = fast});
    CHECK(!report.ok);
    CHECK(report.name == "second.weight");
    CHECK(report.index == Shape{3, 1});
    CHECK(report.operation == "planted");
    const std::string text = report.describe();
    CAPTURE(text);
    CHECK(text.find(fast ? "∂(u·f)/∂\"second.weight\"(3,1) is "
                         : "∂f/∂\"second.weight\"(3,1) is ") != std::string::npos);
    CHECK(text.find("At fault: \"planted\" (4,2) → (4,2) in ") != std::string::npos);
  }
}

TEST_CASE("check_parameters: the model is left as it was") {
  Model model = model_of();
  model.first.calls(0) = 7;
  model.second.weight.set_gradient(full({4, 2}, 3));
  model.second.eval();
  const auto before = values_of(model);
  const auto modes = model.modes();
  std::size_t calls = 0, last = 1000000;
  const auto loss = [&] {
    if (++calls == last) throw std::runtime_error("mine");
    CHECK(model.first.calls(0) == 7);  // a loss does not see the loss before
    return sum(square(model(five_samples)));
  };
  const auto unchanged = [&] {
    CHECK(values_of(model) == before);
    CHECK(model.modes() == modes);
    CHECK(!model.first.weight.gradient());
    CHECK(*model.second.weight.gradient() == full({4, 2}, 3));
  };
  for (const bool fast : {false, true}) {
    CHECK(check_parameters(model, loss, {.fast = fast}));
    unchanged();
    model.first.factor(0, 0) = 2;
    CHECK(!check_parameters(model, loss, {.fast = fast}).ok);
    unchanged();
    model.first.factor(0, 0) = 1;
    for (const std::size_t at : {1u, 3u, 9u}) {
      calls = 0;
      last = at;
      CHECK_THROWS_WITH_AS(check_parameters(model, loss, {.fast = fast}), "mine",
                           std::runtime_error);
      unchanged();
    }
    last = 1000000;
  }
}

TEST_CASE("check_parameters: a tensor of 100,000 parameters, fast") {
  Rng rng(2);
  Sequential model(Linear(784, 128), nn::relu, Linear(128, 10));
  init(model, rng, Init::he_normal);
  REQUIRE(model.parameter_count() > 100000);
  const Tensor images = random_batch({8, 784});
  const Labels classes{0, 1, 2, 3, 4, 5, 6, 7};
  std::size_t calls = 0;
  bool wrong = false;
  const auto loss = [&] {
    ++calls;
    const Var logits = model(images);
    return cross_entropy(
        wrong ? with_wrong_derivative(logits, full({8, 10}, Real(1.0005))) : logits, classes);
  };
  const CheckReport report = check_parameters(model, loss, {.fast = true});
  CHECK_MESSAGE(report.ok, report.describe());
  CHECK(report.entries == 6);
  CHECK(calls < 150);
  wrong = true;
  CHECK(check_parameters(model, loss, {.fast = true}).operation == "planted");
}

TEST_CASE("check_parameters: parameters without effect, shared, missing or without values") {
  Model model = model_of();
  CHECK(check_parameters(model, [&] { return sum(model.first(five_samples)); }));
  CHECK(check_parameters(model, [] { return Var(1); }));
  Layer shared;
  Rng rng(3);
  init(shared, rng);
  const auto twice = [&] {
    return sum(square(matmul(shared(five_samples), transpose(shared.weight))));
  };
  CHECK(check_parameters(shared, twice));
  Sequential none(nn::relu);
  CHECK(check_parameters(none, [&] { return sum(none(five_samples)); }).entries == 0);
  Linear empty(3, 2);
  CHECK_ERROR("[parameter", check_parameters(empty, [&] { return sum(empty(five_samples)); }));
  CHECK_ERROR("has no values yet",
              check_parameters(empty, [&] { return sum(empty(five_samples)); }));
}

TEST_CASE("check_parameters: a loss that is not the same at each call is refused") {
  Model model = model_of();
  Rng rng(1);
  const auto loss = [&] { return sum(model(five_samples)) * static_cast<Real>(rng.uniform()); };
  CHECK(check_parameters(model, loss).describe().starts_with("f is not deterministic"));
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
