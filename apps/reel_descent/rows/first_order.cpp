// Row 24: gradient methods beside each other and beside PyTorch's.
#include <utility>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/optim/adadelta.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/rprop.h>
#include <reel/optim/sgd.h>

#include "../lecture.h"
#include "common.h"

namespace reel::descent {
namespace {

Var bowl(const Var& theta) { return sum(square(theta) * vector({0.1, 2})); }

Report first_order_methods(const Settings&) {
  Report report;
  plot::Chart paths{.title = "Their paths",
                    .x = {.label = "θ₁", .low = -5.5, .high = 2},
                    .y = {.label = "θ₂", .low = -2.5, .high = 2},
                    .surface = plot::surface_of(on_plane(bowl), -5.5, 2, -2.5, 2)};
  plot::Chart values{
      .title = "The loss", .x = {.label = "steps"}, .y = {.label = "loss", .logarithmic = true}};
  // Forty steps; x and y: the place of PyTorch 1.13 after these, in double.
  const auto run = [&](const std::string& name, auto make, double x, double y) {
    Parameter theta(vector({-5, -2}));
    auto optimizer = make(theta);
    optim::History history;
    for (std::size_t step = 0; step <= 40; ++step) {
      if (step > 0) optimizer.step();
      Tape tape;
      const Var loss = bowl(theta);
      history.add(theta.value(), static_cast<double>(loss.item()), {step + 1, step + 1});
      tape.backward(loss);
    }
    const Tensor& end = history.points().back();
    report.findings.push_back(number(name + ": θ₁ after 40 steps", x, end(0), 1e-12));
    report.findings.push_back(number(name + ": θ₂ after 40 steps", y, end(1), 1e-12));
    paths.series.push_back(path(name, history));
    values.series.push_back(losses(name, history));
    report.traces.push_back({name, std::move(history)});
  };
  using P = const Parameter&;
  run(
      "SGD", [](P p) { return optim::Sgd({p}, {.lr = 0.4}); }, -0.17802586235269735,
      -2.6734989077687637e-09);
  run(
      "Adagrad", [](P p) { return optim::Adagrad({p}, {.lr = 1}); }, -0.04308075786459507,
      -3.217528807801493e-10);
  run(
      "RMSprop", [](P p) { return optim::Rmsprop({p}, {.lr = 0.2, .alpha = 0.9}); },
      -0.012360471991347124, -1.2880419016718065e-18);
  run(
      "Adadelta", [](P p) { return optim::Adadelta({p}, {.lr = 1, .eps = 1e-2}); },
      -0.1124153089740706, -3.734412425385398e-08);
  run(
      "Rprop", [](P p) { return optim::Rprop({p}, {.lr = 0.1}); }, 0.0008550423048994062,
      0.00016030404116468213);
  run(
      "Adam", [](P p) { return optim::Adam({p}, {.lr = 0.3}); }, 0.42471247554864366,
      0.09601972052196879);
  report.figures = {
      {"first-order-methods",
       "Forty steps of each method on 0.1x² + 2y² from (−5, −2). Plain descent follows the steep "
       "axis first; methods that divide by the size of past gradients, and Rprop, which looks at "
       "signs alone, go along both axes at once.",
       {"First-order methods", {std::move(paths), std::move(values)}}}};
  return report;
}

}  // namespace

std::vector<Lecture> first_order_lectures() {
  return {{24, "first-order-methods", "van der Smagt, Neuromatch",
           "First-order methods beside each other",
           "Forty steps of six optimisers in a valley, each where PyTorch 1.13 is, in double.",
           first_order_methods}};
}

}  // namespace reel::descent
