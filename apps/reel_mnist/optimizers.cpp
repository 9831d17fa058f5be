// The table of optimisers.
#include "optimizers.h"

#include <functional>
#include <utility>

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

namespace reel::mnist {
namespace {

using OptimizerPtr = std::unique_ptr<optim::Optimizer>;

struct OptimizerChoice {
  std::string name;
  double lr;
  std::function<OptimizerPtr(std::vector<Parameter>, double lr)> make;
};

template <class Method, class Options>
OptimizerChoice choice(const char* name, double lr, Options options) {
  return {name, lr, [=](std::vector<Parameter> parameters, double rate) mutable -> OptimizerPtr {
            options.lr = rate;
            return std::make_unique<Method>(std::move(parameters), options);
          }};
}

const std::vector<OptimizerChoice>& optimizer_choices() {
  using namespace optim;
  static const std::vector<OptimizerChoice> choices{
      choice<Sgd>("sgd", 0.1, SgdOptions{}),
      choice<Sgd>("momentum", 0.05, SgdOptions{.momentum = 0.9}),
      choice<Sgd>("nesterov", 0.05, SgdOptions{.momentum = 0.9, .nesterov = true}),
      choice<Adagrad>("adagrad", 0.01, AdagradOptions{}),
      choice<Rmsprop>("rmsprop", 0.001, RmspropOptions{}),
      choice<Adadelta>("adadelta", 1, AdadeltaOptions{}),
      choice<Rprop>("rprop", 0.001, RpropOptions{}),
      choice<Adam>("adam", 0.001, AdamOptions{}),
      choice<Adam>("amsgrad", 0.001, AdamOptions{.amsgrad = true}),
      choice<AdamW>("adamw", 0.001, AdamWOptions{}),
      choice<NAdam>("nadam", 0.001, NAdamOptions{}),
      choice<RAdam>("radam", 0.001, RAdamOptions{}),
      choice<AdaMax>("adamax", 0.002, AdaMaxOptions{})};
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
