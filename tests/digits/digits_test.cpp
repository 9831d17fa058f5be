// Right digits in float beside double: their number, and the operations that lose them. This file
// is linked with reel::f32, digits_in_double.cpp with reel::f64.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/nn/check.h>

#include "../throws.h"
#include "functions.h"

namespace reel {
namespace {

using namespace digits_test;

GradientDigits digits(std::string_view name, const std::vector<Tensor>& inputs) {
  return digits_in_double(name, record_gradients(function(name).f, inputs));
}

// The digits of numbers in float.
template <class Exact>
double expected_digits(const std::vector<float>& numbers, const std::vector<float>& inputs,
                       Exact&& exact) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double right = exact(double(inputs[i]));
    error += std::pow(double(numbers[i]) - right, 2);
    size += right * right;
  }
  return -std::log10(std::sqrt(error / size));
}

Tensor wave(const Shape& shape) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = std::sin(float(i) + 1);
  return t;
}

TEST_CASE("digits: numbers beside numbers") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto of = [](std::vector<double> a, std::vector<double> b) { return digits_of(a, b); };
  const Digits some = of({2.0002, 1.001, 0, 0, 0, 0, 500.05}, {2, 1, 0, 0, 0, 0, 500});
  CHECK(some.worst == doctest::Approx(3));
  CHECK(some.worst_element == 1);
  CHECK(some.median == doctest::Approx(4));
  CHECK(some.all == doctest::Approx(-std::log10(0.05001004 / 500.005)));
  CHECK(of({}, {}).all == 16);
  CHECK(of({0, 0}, {0, 0}).worst == 16);
  CHECK(of({1e-30}, {0}).all == 0);
  CHECK(of({7}, {1}).all == 0);
  CHECK(of({nan, 1}, {nan, 1}).all == 0);
  CHECK(of({nan, 1}, {1, 1}).worst == 0);
  CHECK(of({INFINITY}, {INFINITY}).worst == 0);
  CHECK(of({1}, {INFINITY}).all == 0);
  CHECK_ERROR("2 numbers beside 1", of({1, 2}, {1}));
}

TEST_CASE("digits: a well-conditioned function has at least six") {
  const GradientDigits found =
      digits("well-conditioned", {wave({3, 20}), wave({20, 4}), wave({3, 4})});
  INFO(found);
  REQUIRE(found.gradients.size() == 3);
  for (const auto& gradient : found.gradients) {
    CHECK(gradient.digits.all > 6);
    CHECK(gradient.digits.all < 9);  // so they were compared with double, not with float
  }
  CHECK(found.gradients[2].name == "x2");
  CHECK(found.value > 6);
  CHECK(found.losses.empty());
  CHECK(found.describe().find("no operation loses a digit") != std::string::npos);
}

TEST_CASE("digits: cancellation is named, with the digits that it leaves") {
  const std::vector<float> x{0.3f, 1.1f, 0.7f, 2.3f}, small{1.1e-4f, 2.3e-4f, 3.7e-4f};
  std::vector<float> y, z;
  for (const float v : x) y.push_back((v + 1e4f) - 1e4f);
  for (const float v : small) z.push_back(std::log(1 + v));
  const double left = expected_digits(y, x, [](double v) { return v; });
  const double left_of_log = expected_digits(z, small, [](double v) { return std::log1p(v); });
  REQUIRE((3 < left && left < 4.5));
  REQUIRE((2.5 < left_of_log && left_of_log < 4));

  const GradientDigits offset = digits("offset", {from_values({4}, x)});
  INFO(offset);
  CHECK(std::abs(offset.gradients[0].digits.all - left) < 0.01);
  REQUIRE(offset.losses.size() == 1);
  CHECK(offset.losses[0].place == "subtract");
  CHECK(offset.losses[0].gradient_of.empty());
  CHECK(offset.losses[0].ill_conditioned());
  CHECK(offset.losses[0].before > 7);
  CHECK(std::abs(offset.losses[0].after - left) < 0.01);
  CHECK(offset.losses[0].exact == offset.losses[0].after);  // this subtraction makes no error

  const GradientDigits log = digits("log(1 + x)", {from_values({3}, small)});
  INFO(log);
  CHECK(std::abs(log.gradients[0].digits.all - left_of_log) < 0.2);
  REQUIRE(log.losses.size() == 1);
  CHECK(log.losses[0].place == "log");
  CHECK(log.losses[0].ill_conditioned());

  // E[x²] − E[x]² of numbers near 1,000 with the variance 2/3: 6 of 7 digits cancel
  const GradientDigits variance = digits("variance", {vector({999, 1000, 1001.1f})});
  INFO(variance);
  CHECK(variance.value < 2);
  REQUIRE_FALSE(variance.losses.empty());
  CHECK(variance.losses[0].place == "subtract");
  CHECK(variance.losses[0].ill_conditioned());
}

TEST_CASE("digits: an operation that is wrong in float alone is named") {
  for (const bool backward : {false, true}) {
    const GradientDigits found =
        digits(backward ? "wrong gradient" : "wrong value", {vector({0.1f, 0.2f, -0.3f})});
    INFO(found);
    CHECK(found.gradients[0].digits.all < 3.5);
    CHECK((found.value > 6) == backward);
    REQUIRE(found.losses.size() == 1);
    const GradientDigits::Loss& loss = found.losses[0];
    CHECK(loss.place == "planted");
    CHECK(loss.gradient_of == (backward ? "exp" : ""));
    CHECK(loss.before > 6.5);
    CHECK(loss.after == doctest::Approx(3).epsilon(0.01));
    CHECK(loss.exact > 6.5);
    CHECK_FALSE(loss.ill_conditioned());
    CHECK(loss.describe().find(backward ? "planted, gradient of exp (7." : "planted (7.") == 0);
    CHECK(loss.describe().find(" → 3.0, its own error)") != std::string::npos);
  }
}

TEST_CASE("digits: the largest loss comes first, and the rule that adds most is named") {
  const GradientDigits offsets = digits("two offsets", {vector({0.3f, 1.1f, 0.7f, 2.3f})});
  INFO(offsets);
  REQUIRE(offsets.losses.size() == 2);
  CHECK(offsets.losses[0].after < 4.5);
  CHECK(offsets.losses[1].after > 5);

  for (const char* name : {"wrong rule first", "wrong rule last"}) {
    const GradientDigits found = digits(name, {vector({0.1f, 0.2f, -0.3f})});
    INFO(found);
    REQUIRE(found.losses.size() == 1);
    CHECK(found.losses[0].place == "planted");
    CHECK(found.losses[0].gradient_of == "exp");
    CHECK(found.losses[0].after == doctest::Approx(3 + std::log10(1.125)).epsilon(0.01));
  }

  // the gradient of exp is the sum of the numbers e^x1 and −e^x2, which cancel
  const GradientDigits opposite = digits(
      "opposite rules", {vector({0.1f, 0.2f}), vector({1.3f, 1.7f}), vector({1.3001f, 1.7003f})});
  INFO(opposite);
  REQUIRE_FALSE(opposite.losses.empty());
  for (const GradientDigits::Loss& loss : opposite.losses)
    if (loss.gradient_of == "exp") {
      CHECK(loss.place == "multiply");
      CHECK(loss.ill_conditioned());
      CHECK(loss.exact == doctest::Approx(loss.after).epsilon(0.05));
    }
  CHECK(std::count_if(opposite.losses.begin(), opposite.losses.end(),
                      [](const auto& loss) { return loss.gradient_of == "exp"; }) == 1);
}

TEST_CASE("digits: constants, copies, checkpoints, an input that is used several times") {
  const GradientRecord record =
      record_gradients(function("odd parts").f, {vector({0.5f, -1.5f, 2, 1}), vector({3})});
  CHECK(record.inputs == 2);
  CHECK(record.steps[0].gradient.size() == 4);
  CHECK(record.steps[1].gradient == std::vector<double>{0});
  // operations of constants, and those within a checkpoint, are not on the tape
  const auto tanh = std::find_if(record.steps.begin(), record.steps.end(),
                                 [](const auto& step) { return step.operation == "tanh"; });
  REQUIRE(tanh != record.steps.end());
  CHECK((tanh->gradient.empty() && (tanh - 1)->operation == "multiply"));
  CHECK((tanh - 1)->gradient.empty());
  CHECK(std::count_if(record.steps.begin(), record.steps.end(), [](const auto& step) {
          return step.operation == "multiply" && !step.gradient.empty();
        }) == 2);
  const GradientDigits found = digits_in_double("odd parts", record);
  INFO(found);
  CHECK(found.gradients[0].digits.all > 6);
  CHECK(found.gradients[1].digits.all == 16);
  CHECK(found.losses.empty());
}

// The record of a loss; it must have the numbers that a step of training computes, to the bit, and
// leave the running statistics alone.
template <class Loss>
GradientRecord recorded(nn::Sequential& net, const Loss& loss) {
  const auto statistics = [&] {
    std::vector<Tensor> buffers;
    for (const nn::NamedState& state : nn::state_of(net))
      if (state.buffer) buffers.push_back(*state.buffer);
    return buffers;
  };
  Rng rng(1);
  nn::init(net, rng);
  const std::vector<Tensor> before = statistics();
  const GradientRecord record = nn::record_gradients(net, loss);
  CHECK(statistics() == before);
  Tape tape;
  const Var value = loss(net);
  CHECK((statistics() == before) == before.empty());
  tape.backward(value);
  CHECK(record.value() == value.item());
  const std::vector<Parameter> parameters = net.parameters();
  REQUIRE(record.inputs == parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const GradientRecord::Step& step = record.steps[i];
    CHECK(step.name == parameters[i].name());
    CHECK(std::equal(step.gradient.begin(), step.gradient.end(), parameters[i].gradient()->begin(),
                     parameters[i].gradient()->end()));
  }
  return record;
}

TEST_CASE("digits: the kernels of training are accurate") {
  for (const nn::Activation& activation : nn::activations()) {
    CAPTURE(activation.name);
    nn::Sequential net = wide_network(activation.name);
    const GradientDigits found = wide_digits_in_double(recorded(net, wide_loss), activation.name);
    INFO(found);
    CHECK(found.value > 6.5);
    for (const auto& gradient : found.gradients) CHECK(gradient.digits.all > 6);
    CHECK(found.losses.empty());
  }
}

TEST_CASE("digits: of a network") {
  nn::Sequential net = network(8);
  const GradientRecord record = recorded(net, network_loss);
  const GradientDigits found = network_digits_in_double(record, 8);
  INFO(found);
  REQUIRE(found.gradients.size() == 6);
  CHECK(found.gradients[0].name == "0.weight");
  for (const auto& gradient : found.gradients)
    if (gradient.name != "0.bias") CHECK(gradient.digits.all > 5.5);
  // batch norm subtracts the mean, so the exact gradient with respect to the bias before is 0
  CHECK(found.gradients[1].digits.all == 0);
  REQUIRE_FALSE(found.losses.empty());
  CHECK(found.losses[0].place == "0.affine");
  CHECK(found.losses[0].gradient_of == "0.bias");
  CHECK(found.losses[0].ill_conditioned());
  CHECK_ERROR("\"0.weight\"] has shape (9,16), got a value of shape (8,16)",
              network_digits_in_double(record, 9));

  nn::Sequential planted = planted_network();
  const GradientRecord of_planted = recorded(planted, network_loss);
  const GradientDigits wrong = planted_digits_in_double(of_planted);
  INFO(wrong);
  REQUIRE_FALSE(wrong.losses.empty());
  CHECK(wrong.losses[0].place == "1.planted");
  CHECK(wrong.losses[0].after == doctest::Approx(3).epsilon(0.01));
  CHECK_FALSE(wrong.losses[0].ill_conditioned());
  CHECK_ERROR("the record has 4 parameters, the model 6", network_digits_in_double(of_planted, 8));
}

TEST_CASE("digits: functions that cannot be compared") {
  const std::vector<Tensor> x{vector({1, 2})};
  CHECK_ERROR("step 2 is \"sum\" () in the record, and \"tanh\" (2) here",
              digits("other operations", x));
  CHECK_ERROR("is \"square\" (2) in the record, and \"tanh\" (2) here",
              digits("fewer operations", x));
  CHECK_ERROR("has shape (2)", record_gradients([](auto v) { return square(v[0]); }, x));
  CHECK_ERROR("depends on no input", record_gradients([](auto) { return Var(3); }, x));
  CHECK_ERROR("got 2 names for 1 inputs",
              record_gradients([](auto v) { return sum(v[0]); }, x, {"a", "b"}));
}

}  // namespace
}  // namespace reel
