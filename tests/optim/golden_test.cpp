// The optimisers' trajectories, step by step against PyTorch's in double (golden/optimizers.json).
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>

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

// Hands out options by name, and tells whether all were asked for.
class Options {
 public:
  explicit Options(const Json& options) : left_(options) {}

  template <class T>
  Options& operator()(const char* name, T& option) {
    if (const auto found = left_.find(name); found != left_.end()) {
      option = found->get<T>();
      left_.erase(found);
    }
    return *this;
  }
  std::string unknown() const { return left_.empty() ? "" : left_.begin().key(); }

 private:
  Json left_;
};

std::unique_ptr<Optimizer> make(const std::string& method, const Parameters& parameters,
                                Options& read) {
  if (method == "sgd") {
    SgdOptions o{.lr = -1};  // required, so a case without it fails
    read("lr", o.lr)("momentum", o.momentum)("dampening", o.dampening)("nesterov", o.nesterov)(
        "l2", o.l2);
    return std::make_unique<Sgd>(parameters, o);
  }
  if (method == "adagrad") {
    AdagradOptions o;
    read("lr", o.lr)("lr_decay", o.lr_decay)("eps", o.eps)("start", o.start)("l2", o.l2);
    return std::make_unique<Adagrad>(parameters, o);
  }
  if (method == "rmsprop") {
    RmspropOptions o;
    read("lr", o.lr)("alpha", o.alpha)("eps", o.eps)("momentum", o.momentum)(
        "centered", o.centered)("l2", o.l2);
    return std::make_unique<Rmsprop>(parameters, o);
  }
  if (method == "adam") {
    AdamOptions o;
    read("lr", o.lr)("beta1", o.beta1)("beta2", o.beta2)("eps", o.eps)("amsgrad", o.amsgrad)("l2",
                                                                                             o.l2);
    return std::make_unique<Adam>(parameters, o);
  }
  FAIL("there is no method " << method);
  return nullptr;
}

Tensor tensor(const Json& shape, const Json& values) {
  return from_values(shape.get<Shape>(), values.get<std::vector<Real>>());
}

bool missing(const Json& golden_case, std::size_t step, std::size_t p) {
  const auto& gaps = golden_case["missing"];
  return std::find(gaps.begin(), gaps.end(), Json{step, p}) != gaps.end();
}

TEST_CASE("optimisers: 12 steps of each case are PyTorch's") {
  const Json file = golden();
  const Json &shapes = file["shapes"], &start = file["start"], &gradients = file["gradients"];
  REQUIRE(shapes.size() == 2);
  REQUIRE(gradients.size() == 12);
  std::map<std::string, int> cases;
  for (const Json& golden_case : file["cases"]) {
    const std::string name = golden_case["name"], method = golden_case["method"];
    CAPTURE(name);
    ++cases[method];
    Parameters parameters;
    for (std::size_t p = 0; p < shapes.size(); ++p)
      parameters.emplace_back(tensor(shapes[p], start[p]));
    Options options(golden_case["options"]);
    const auto optimizer = make(method, parameters, options);
    REQUIRE(options.unknown() == "");
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
  // So that a case that is lost from the file is missed.
  CHECK(cases ==
        std::map<std::string, int>{{"sgd", 11}, {"adagrad", 8}, {"rmsprop", 9}, {"adam", 10}});
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
