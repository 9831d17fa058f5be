// The optimisers' trajectories, compared step by step with PyTorch's in double
// (golden/optimizers.json).
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/optim/optimizers.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Json = nlohmann::json;
using Parameters = std::vector<Parameter>;

static_assert(sizeof(Real) == 8, "the numbers are PyTorch's in double");

Json golden() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/optimizers.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/optimizers.json cannot be read");
  return Json::parse(file);
}

NamedOptions named(const Json& options) {
  NamedOptions result;
  for (const auto& [name, value] : options.items())
    result.push_back({name, value.is_boolean() ? double(value.get<bool>()) : value.get<double>()});
  return result;
}

// Each parameter in its own group, if the case has groups.
Groups groups_of(const Json& golden_case, const Parameters& parameters) {
  if (!golden_case.contains("groups")) return parameters;
  std::vector<Group> groups;
  for (const Parameter& parameter : parameters) {
    Group group{.parameters = {parameter}};
    for (const auto& [name, value] : named(golden_case["groups"].at(groups.size()))) {
      REQUIRE((name == "lr" || name == "l2" || name == "weight_decay"));
      (name == "lr" ? group.lr : name == "l2" ? group.l2 : group.weight_decay) = value;
    }
    groups.push_back(group);
  }
  return groups;
}

Tensor tensor(const Json& shape, const Json& values) {
  return from_values(shape.get<Shape>(), values.get<std::vector<Real>>());
}

bool missing(const Json& golden_case, std::size_t step, std::size_t p) {
  const auto& gaps = golden_case["missing"];
  return std::find(gaps.begin(), gaps.end(), Json{step, p}) != gaps.end();
}

TEST_CASE("optimisers: 25 steps of each case are PyTorch's") {
  const Json file = golden();
  const Json &shapes = file["shapes"], &start = file["start"], &gradients = file["gradients"];
  REQUIRE(shapes.size() == 2);
  REQUIRE(gradients.size() == 25);
  std::map<std::string, int> cases;
  for (const Json& golden_case : file["cases"]) {
    const std::string name = golden_case["name"], method = golden_case["method"];
    CAPTURE(name);
    ++cases[method];
    Parameters parameters;
    for (std::size_t p = 0; p < shapes.size(); ++p)
      parameters.emplace_back(tensor(shapes[p], start[p]));
    const auto optimizer =
        make_optimizer(method, groups_of(golden_case, parameters), named(golden_case["options"]));
    REQUIRE(golden_case["steps"].size() == gradients.size());
    for (std::size_t step = 0; step < gradients.size(); ++step) {
      CAPTURE(step);
      for (std::size_t p = 0; p < shapes.size(); ++p) {
        if (!missing(golden_case, step, p))
          parameters[p].set_gradient(tensor(shapes[p], gradients[step][p]));
      }
      optimizer->step();
      for (std::size_t p = 0; p < shapes.size(); ++p) {
        CAPTURE(p);
        CHECK(near(parameters[p].value(), tensor(shapes[p], golden_case["steps"][step][p]), 1e-12));
      }
    }
  }
  for (const NamedOptimizer& optimizer : optimizers()) {
    const std::string method(
        make_optimizer(optimizer.name, {Parameter(scalar(1))}, {{"lr", 1}})->method());
    CAPTURE(method);
    CHECK(cases[method] >= 5);
  }
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
