// Anomaly mode: it names the operation that made the first NaN or infinity, and its part of the
// model.
#include <reel/autodiff/inspect/anomaly.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"
#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// The name in "[name] …" of the Error that f throws; empty if f throws none.
template <class F>
std::string operation_blamed(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    const std::string message = error.what();
    return message.substr(1, message.find(']') - 1);
  }
  return "";
}

// ---- every operation

// The first operation on a tape whose value is not finite; empty if there is none.
std::string first_anomaly(const Tape& tape) {
  for (std::size_t i = 0; i < tape.size(); ++i)
    if (tape.node(i).operation && !all_finite(*tape.node(i).value)) return tape.node(i).operation;
  return "";
}

// The operation that a message names; for a checkpoint, the operation inside it.
std::string named_for(const std::string& operation) {
  return operation == "checkpoint" ? "tanh" : operation;
}

TEST_CASE("NaN in the forward pass: the first operation that makes it is named") {
  for (const Operation& row : operations()) {
    std::map<std::size_t, bool> seen;  // for each input: whether a call made a NaN from it
    for (const OperationCase& c : row.accepted)
      for (std::size_t i = 0; i < c.inputs.size(); ++i) {
        CAPTURE(c.operation + ": " + c.what);
        CAPTURE(i);
        std::vector<Tensor> inputs = c.inputs;
        inputs[i].fill(std::numeric_limits<Real>::quiet_NaN());
        Tape tape;
        const std::string refusing = operation_blamed([&] { c.f(variables(tape, inputs)); });
        const std::string first = refusing.empty() ? first_anomaly(tape) : refusing;
        seen[i] |= !first.empty();
        const AnomalyMode mode;
        Tape watched;
        CHECK(operation_blamed([&] { c.f(variables(watched, inputs)); }) == named_for(first));
      }
    CAPTURE(row.name);
    for (const auto& [input, caught] : seen) CHECK(caught);
  }
}

// Whether a gradient of y has an element that is not finite.
bool is_hurt(const Var& y, const std::vector<Var>& xs, const Tensor& seed) {
  const std::vector<Var> gradients = grad(y, xs, {.seed = seed});
  return !std::all_of(gradients.begin(), gradients.end(),
                      [](const Var& g) { return all_finite(g.value()); });
}

TEST_CASE("NaN in the backward pass: the operation whose rule hands it on first is named") {
  // piecewise constant: their rules pass on nothing
  const std::set<std::string> without_gradient{"sign", "floor", "ceil", "round", "trunc"};
  for (const Operation& row : operations()) {
    bool seen = false;
    for (const OperationCase& c : row.accepted) {
      CAPTURE(c.operation + ": " + c.what);
      Tape tape;
      const std::vector<Var> xs = variables(tape, c.inputs);
      const Var y = c.f(xs);
      if (!y.requires_grad()) continue;  // a product of no elements
      const std::string last = named_for(tape.node(tape.size() - 1).operation);
      const Tensor nan = full(y.shape(), std::numeric_limits<Real>::quiet_NaN());
      const bool hurt = is_hurt(y, xs, nan);
      seen |= hurt;
      const AnomalyMode mode;
      const std::string blamed = operation_blamed([&] { grad(y, xs, {.seed = nan}); });
      CHECK((blamed == last || (blamed.empty() && !hurt)));
    }
    CAPTURE(row.name);
    CHECK(seen == (without_gradient.count(row.name) == 0));
  }
}

// ---- the message

// x·Wᵀ + b, relu, x·Wᵀ + b: 2 → 2 → 1, with the parts "0", "1" and "2".
nn::Sequential small_model() {
  nn::Sequential model(nn::Linear(2, 2), nn::relu, nn::Linear(2, 1));
  std::vector<Parameter> parameters = model.parameters();
  parameters[0].set_value(matrix({{1, 0}, {0, 1}}));
  parameters[1].set_value(vector({0, 0}));
  parameters[2].set_value(matrix({{1, 1}}));
  parameters[3].set_value(vector({0.5}));
  return model;
}

TEST_CASE("forward: the message has the part of the model, the inputs' names and ranges") {
  const nn::Sequential model = small_model();
  model.parameters()[2].set_value(matrix({{-3, NAN}}));
  const AnomalyMode mode;
  const Scope scope("net");
  CHECK(message_of([&] {
          model(matrix({{1, 2}, {-1, 3}}));
        }) ==
        "[affine] at \"net.2\": forward, the value is not finite: (2,1), 2 NaN. "
        "input 0 (2,2) in [0, 3]; input 1 \"2.weight\" (1,2) in [-3, -3], 1 NaN; "
        "input 2 \"2.bias\" (1) in [0.5, 0.5].");
}

TEST_CASE("backward: the message has the part of the model that recorded the operation") {
  const nn::Sequential model = small_model();
  Tape tape;
  Var loss;
  {
    const Scope net("net");
    const Var y = model(matrix({{1, 2}}));  // 3.5
    const Scope inner("loss");
    loss = sum(sqrt(y - Real(3.5)));
  }
  const AnomalyMode mode;
  CHECK(message_of([&] { tape.backward(loss); }) ==
        "[sqrt] at \"net.loss\": backward, the gradient by input 0 is not finite: (1,1), "
        "1 infinite, from a gradient by the value (1,1) in [1, 1]. input 0 (1,1) in [0, 0].");
  for (const Parameter& parameter : model.parameters()) CHECK(!parameter.gradient());
}

TEST_CASE("infinities are found, and are told from NaN") {
  Tape tape;
  const Var x = tape.variable(vector({0, -1, 4}), "x");
  const AnomalyMode mode;
  CHECK(message_of([&] { log(x); }) ==
        "[log] forward, the value is not finite: (3) in [1.38629, 1.38629], 1 NaN, 1 infinite. "
        "input 0 \"x\" (3) in [-1, 4].");
  CHECK(message_of([&] { exp(x * Real(1000)); }) ==
        "[exp] forward, the value is not finite: (3) in [0, 1], 1 infinite. "
        "input 0 (3) in [-1000, 4000].");
  CHECK(message_of([&] { divide(x, zeros({3})); }).find("1 NaN, 2 infinite") != std::string::npos);
}

TEST_CASE("the part of the model in the message") {
  const Var zero = Real(0);
  const auto text = [&] { return message_of([&] { log(zero); }); };
  const AnomalyMode mode;
  CHECK(text().find("[log] forward") == 0);
  {
    const Scope outer("a");
    CHECK(text().find("[log] at \"a\": forward") == 0);
    {
      const Scope inner("b.c"), unnamed("");
      CHECK(text().find("[log] at \"a.b.c\": forward") == 0);
    }
    CHECK(text().find("[log] at \"a\": forward") == 0);
  }
  CHECK(text().find("[log] forward") == 0);
  const auto diverge = [](const Var& x) { return log(x - x); };
  nn::Sequential model(nn::relu, nn::Sequential(nn::relu, diverge));
  CHECK_ERROR("[log] at \"1.1\": forward", model(zero));
  const Scope outer("net");
  CHECK_ERROR("[log] at \"net.1.1\": forward", model(zero));
}

// ---- the mode

TEST_CASE("what anomaly mode throws is of the kind of a diverged loss, and leaves no operation") {
  Tape tape;
  const Var x = tape.variable(scalar(-1));
  {
    const AnomalyMode mode;
    try {
      log(x);
      FAIL("no Error was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::diverged);
    }
    CHECK(tape.size() == 1);
    CHECK(exp(x).item() > 0);  // finite values do not throw
  }
  CHECK(std::isnan(log(x).item()));  // the mode has ended
}

TEST_CASE("anomaly mode without a tape, and on its own thread only") {
  const AnomalyMode mode;
  CHECK_ERROR("[sqrt] forward", sqrt(Var(Real(-1))));
  bool computed = false;
  std::thread([&] { computed = std::isnan(sqrt(Var(Real(-1))).item()); }).join();
  CHECK(computed);
}

TEST_CASE("a gradient that is recorded is watched as well") {
  Tape tape;
  const Var x = tape.variable(vector({0, 4}), "x");
  const Var y = sqrt(x);
  const AnomalyMode mode;
  CHECK_ERROR("not finite", grad(sum(y), x, {.create_graph = true}));
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
