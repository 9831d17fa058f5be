// Row 33: five methods that train the same network.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>

#include <reel/nn/sequential.h>
#include <reel/optim/optimizers.h>
#include <reel/train/fit.h>

#include "../../common/cost_chart.h"
#include "../lecture.h"
#include "common.h"
#include "images.h"

namespace reel::descent {
namespace {

// The mean cost during each epoch: one run of the method.
std::vector<double> costs_by_epoch(const std::string& method, const data::Dataset& data,
                                   std::uint64_t seed) {
  Rng rng(seed);
  nn::Sequential model = nn::mlp({data.features(), 64, data.classes()}, nn::relu);
  nn::init(model, rng);
  const auto optimizer =
      optim::make_optimizer(method, model.parameters(), {{"lr", optim::find_optimizer(method).lr}});
  std::vector<double> costs;
  std::ignore =
      train::fit(model, *optimizer, data, rng,
                 {.epochs = 10, .batch_size = 64, .on_epoch = [&](const train::EpochReport& epoch) {
                    costs.push_back(epoch.train_loss);
                  }});
  return costs;
}

Report five_methods(const Settings& settings) {
  constexpr std::uint64_t seeds = 5;
  const data::Dataset data = training_images(settings, 4000);
  std::vector<apps::CostRuns> methods{
      {"adagrad", {}}, {"rmsprop", {}}, {"nesterov", {}}, {"adadelta", {}}, {"adam", {}}};
  for (apps::CostRuns& method : methods)
    for (std::uint64_t k = 1; k <= seeds; ++k)
      method.runs.push_back(costs_by_epoch(method.name, data, seed_of(settings, 33 + k)));
  plot::Chart chart = apps::cost_chart(methods);

  Report report;
  double sgd = 0, slowest_adaptive = 0, narrowest = HUGE_VAL, widest = 0;
  for (const plot::Series& series : chart.series) {
    const double cost = series.y.back(), fall = cost / series.y.front();
    report.findings.push_back(claim(series.name + ": cost of epoch 10 by that of epoch 1",
                                    "below 0.6", fall, fall < 0.6));
    double& slowest = series.name == "nesterov" ? sgd : slowest_adaptive;
    slowest = std::max(slowest, cost);
    const double deviation = (series.high.back() - series.low.back()) / 2 / cost;
    narrowest = std::min(narrowest, deviation);
    widest = std::max(widest, deviation);
  }
  report.findings.push_back(claim("SGD with Nesterov's momentum by the slowest adaptive method",
                                  "below 1", sgd / slowest_adaptive, sgd < slowest_adaptive));
  report.findings.push_back(claim("smallest standard deviation of 5 seeds by the mean, epoch 10",
                                  "above 0.001", narrowest, narrowest > 0.001));
  report.findings.push_back(claim("largest standard deviation of 5 seeds by the mean, epoch 10",
                                  "below 0.1", widest, widest < 0.1));
  report.figures = {{"five-methods",
                     "One network, 784-64-10, and the same images; each method with the rate that "
                     "it has by default, and the same five seeds. `reel-mnist compare` draws this "
                     "for any network and settings, and tests which differences are chance.",
                     {"Five methods train a network on " + data.name(), {std::move(chart)}, 1}}};
  return report;
}

}  // namespace

std::vector<Lecture> five_methods_lectures() {
  return {{33, "five-methods", "Neuromatch", "Adagrad, RMSprop, Nesterov, Adadelta and Adam",
           "Which method lowers the training cost of the same network fastest?", five_methods}};
}

}  // namespace reel::descent
