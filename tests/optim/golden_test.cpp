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

#include <reel/optim/adadelta.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/adamax.h>
#include <reel/optim/adamw.h>
#include <reel/optim/nadam.h>
#include <reel/optim/radam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/rprop.h>
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

// Returns options by name, and tells whether all of them were read.
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

template <class Method, class MethodOptions>
std::unique_ptr<Optimizer> make(const Groups& groups, Options& read, MethodOptions o) {
  read("lr", o.lr)("l2", o.l2)("decay", o.decay);
  if constexpr (requires { o.eps; }) read("eps", o.eps);
  if constexpr (requires { o.beta1; }) read("beta1", o.beta1)("beta2", o.beta2);
  if constexpr (requires { o.momentum; }) read("momentum", o.momentum);
  if constexpr (requires { o.dampening; }) read("dampening", o.dampening)("nesterov", o.nesterov);
  if constexpr (requires { o.start; }) read("lr_decay", o.lr_decay)("start", o.start);
  if constexpr (requires { o.alpha; }) read("alpha", o.alpha)("centered", o.centered);
  if constexpr (requires { o.rho; }) read("rho", o.rho);
  if constexpr (requires { o.up; })
    read("down", o.down)("up", o.up)("shortest", o.shortest)("longest", o.longest);
  if constexpr (requires { o.amsgrad; }) read("amsgrad", o.amsgrad);
  if constexpr (requires { o.momentum_decay; }) read("momentum_decay", o.momentum_decay);
  return std::make_unique<Method>(groups, o);
}

std::unique_ptr<Optimizer> make(const std::string& method, const Groups& groups, Options& read) {
  if (method == "sgd") return make<Sgd>(groups, read, SgdOptions{.lr = -1});  // must be set
  if (method == "adagrad") return make<Adagrad>(groups, read, AdagradOptions());
  if (method == "rmsprop") return make<Rmsprop>(groups, read, RmspropOptions());
  if (method == "adadelta") return make<Adadelta>(groups, read, AdadeltaOptions());
  if (method == "rprop") return make<Rprop>(groups, read, RpropOptions());
  if (method == "adam") return make<Adam>(groups, read, AdamOptions());
  if (method == "adamw") return make<AdamW>(groups, read, AdamWOptions());
  if (method == "nadam") return make<NAdam>(groups, read, NAdamOptions());
  if (method == "radam") return make<RAdam>(groups, read, RAdamOptions());
  if (method == "adamax") return make<AdaMax>(groups, read, AdaMaxOptions());
  FAIL("there is no method " << method);
  return nullptr;
}

// Each parameter in its own group, if the case has groups.
Groups groups_of(const Json& golden_case, const Parameters& parameters) {
  if (!golden_case.contains("groups")) return parameters;
  std::vector<Group> groups;
  for (const Parameter& parameter : parameters) {
    Options read(golden_case["groups"].at(groups.size()));
    Group group{.parameters = {parameter}};
    for (auto [name, option] :
         {std::pair{"lr", &group.lr}, {"l2", &group.l2}, {"decay", &group.decay}})
      if (double value = -1; read(name, value), value != -1) *option = value;
    REQUIRE(read.unknown() == "");
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
    Options options(golden_case["options"]);
    const auto optimizer = make(method, groups_of(golden_case, parameters), options);
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
  // Detects a case that is missing in the file.
  CHECK(cases == std::map<std::string, int>{{"sgd", 14},
                                            {"adagrad", 9},
                                            {"rmsprop", 10},
                                            {"adadelta", 7},
                                            {"rprop", 6},
                                            {"adam", 11},
                                            {"adamw", 7},
                                            {"nadam", 6},
                                            {"radam", 6},
                                            {"adamax", 5}});
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
