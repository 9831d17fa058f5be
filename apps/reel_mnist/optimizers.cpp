// The table of optimisers.
#include "optimizers.h"

#include <functional>
#include <utility>

#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>

namespace reel::mnist {
namespace {

using OptimizerPtr = std::unique_ptr<optim::Optimizer>;

struct OptimizerChoice {
  std::string name;
  double lr;
  std::function<OptimizerPtr(std::vector<Parameter>, double lr)> make;
};

const std::vector<OptimizerChoice>& optimizer_choices() {
  const auto sgd = [](double momentum, bool nesterov) {
    return [=](std::vector<Parameter> p, double lr) -> OptimizerPtr {
      return std::make_unique<optim::Sgd>(
          std::move(p), optim::SgdOptions{.lr = lr, .momentum = momentum, .nesterov = nesterov});
    };
  };
  static const std::vector<OptimizerChoice> choices{
      {"sgd", 0.1, sgd(0, false)},
      {"momentum", 0.05, sgd(0.9, false)},
      {"nesterov", 0.05, sgd(0.9, true)},
      {"adagrad", 0.01,
       [](std::vector<Parameter> p, double lr) -> OptimizerPtr {
         return std::make_unique<optim::Adagrad>(std::move(p), optim::AdagradOptions{.lr = lr});
       }},
      {"rmsprop", 0.001,
       [](std::vector<Parameter> p, double lr) -> OptimizerPtr {
         return std::make_unique<optim::Rmsprop>(std::move(p), optim::RmspropOptions{.lr = lr});
       }},
      {"adam", 0.001, [](std::vector<Parameter> p, double lr) -> OptimizerPtr {
         return std::make_unique<optim::Adam>(std::move(p), optim::AdamOptions{.lr = lr});
       }}};
  return choices;
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerChoice& c : optimizer_choices()) names.push_back(c.name);
  return names;
}

OptimizerPtr make_optimizer(const std::string& name, std::vector<Parameter> parameters,
                            std::optional<double> lr) {
  for (const OptimizerChoice& c : optimizer_choices())
    if (c.name == name) return c.make(std::move(parameters), lr.value_or(c.lr));
  fail_usage("optimizer", "there is no \"", name, "\".");
}

}  // namespace reel::mnist
