// Values and derivatives of the registry's calls against PyTorch's, from tests/golden/ops.json.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

using nlohmann::json;

const std::string make_again = "see tests/golden/make_golden.py, and run it again";

// ---- calls

json described(const Tensor& x) {
  return {{"shape", plain(x).shape}, {"values", std::vector<Real>(x.begin(), x.end())}};
}

// The description of a call for make_golden.py.
json described(const OperationCase& c) {
  json inputs = json::array();
  for (const Tensor& x : c.inputs) inputs.push_back(described(x));
  return {{"in_pytorch", c.in_pytorch}, {"inputs", inputs}, {"order", c.order}, {"atol", c.atol}};
}

Tensor tensor_from(const json& x) {
  const Index sizes = x.at("shape");
  return from_values(Shape(sizes.begin(), sizes.end()), x.at("values").get<std::vector<Real>>());
}

// ---- comparison

void compare(const std::string& what, std::span<const Var> actual, const json& expected,
             double atol) {
  CAPTURE(what);
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const Tensor a = actual[i].value(), e = tensor_from(expected[i]);
    CAPTURE(i);
    REQUIRE(to_string(a.shape()) == to_string(e.shape()));
    for (std::size_t j = 0; j < e.size(); ++j) {
      const double got = a.data()[j], wanted = e.data()[j], apart = got - wanted;
      CAPTURE(j);
      CAPTURE(got);
      CAPTURE(wanted);
      CAPTURE(apart);
      CHECK(near(got, wanted, 1e-12, atol));
    }
  }
}

// The gradients of Σ first·directions, by the variables and by the seed that `first` came from.
std::vector<Var> second_gradients(std::span<const Var> first, const json& directions,
                                  std::vector<Var> variables, const Var& seed) {
  REQUIRE(first.size() == directions.size());
  Var total = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    total = total + sum(first[i] * tensor_from(directions[i]));
  variables.push_back(seed);
  return grad(total, variables);
}

void check(const OperationCase& c, const json& golden) {
  Tape tape;
  const std::vector<Var> xs = variables(tape, c.inputs);
  const Var seed = tape.variable(tensor_from(golden["weight"]));
  const Var y = c.f(xs);
  compare("value", {&y, 1}, json::array({golden["output"]}), c.atol);
  if (c.order < 1) return;
  compare("gradient", grad(y, xs, {.seed = seed}), golden["gradients"], c.atol);
  const auto recorded = grad(y, xs, {.create_graph = true, .seed = seed});
  compare("recorded gradient", recorded, golden["gradients"], c.atol);
  if (c.order < 2) return;
  compare("second gradient", second_gradients(recorded, golden["directions"], xs, seed),
          golden["second"], c.atol);
}

json golden() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/ops.json");
  REQUIRE(file);
  return json::parse(file);
}

}  // namespace

TEST_CASE("operations equal PyTorch's") {
  const json file = golden();
  std::size_t calls = 0, stored = 0;
  for (const json& row : file) stored += row.size();
  for (const Operation& row : operations())
    for (const OperationCase& c : golden_calls(row)) {
      CAPTURE(c.operation);
      CAPTURE(c.what);
      ++calls;
      const json numbers = file.value(c.operation, json::object()).value(c.what, json::object());
      const bool current = numbers.value("call", json()) == described(c);
      CHECK_MESSAGE(current, "its numbers are not of this call: ", make_again);
      if (current) check(c, numbers);
    }
  CHECK_MESSAGE(stored == calls, "ops.json has other calls than the registry: ", make_again);
}

TEST_CASE("golden calls: each row has enough, and no two of one name") {
  for (const Operation& row : operations()) {
    CAPTURE(row.name);
    std::set<std::string> names;
    for (const OperationCase& c : golden_calls(row)) {
      CAPTURE(c.what);
      CHECK(names.insert(c.what).second);
    }
    CHECK(names.size() >= 3);
  }
}

TEST_CASE("golden calls: written to REEL_GOLDEN_CALLS for make_golden.py" * doctest::skip()) {
  const char* path = std::getenv("REEL_GOLDEN_CALLS");
  REQUIRE(path != nullptr);
  json calls;
  for (const Operation& row : operations())
    for (const OperationCase& c : golden_calls(row)) calls[row.name][c.what] = described(c);
  std::ofstream file(path);
  CHECK((file << calls << std::flush));
}

}  // namespace reel::inline REEL_PRECISION
