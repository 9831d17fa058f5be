// Rows 31 and 32: why some networks are easy to train.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/loss_schedule.h>
#include <reel/optim/minimize/problem.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../lecture.h"
#include "common.h"
#include "images.h"

namespace reel::descent {
namespace {

using plot::Style;

// ---- rows 31 and 32: networks on MNIST-format data

nn::Sequential network(const data::Dataset& images, std::size_t hidden, Rng& rng) {
  nn::Sequential model = nn::mlp({images.features(), hidden, images.classes()}, nn::tanh);
  nn::init(model, rng);
  return model;
}

struct Run {
  std::vector<double> losses, rates;  // one for each batch
  std::vector<double> epoch_losses;   // over all images, the first before training
  double seconds = 0;                 // training time
};

struct Recipe {
  double rate;
  std::size_t batch = 64, epochs = 8;
  std::uint64_t seed = 0;
  // makes a function that is called after each step with the batch's loss
  std::function<std::function<void(double)>(optim::Optimizer&)> schedule = {};
};

Run train_network(const data::Dataset& images, const Recipe& recipe) {
  Rng rng(recipe.seed);
  nn::Sequential model = network(images, 16, rng);
  optim::Sgd sgd(model.parameters(), {.lr = recipe.rate});
  const auto after_step = recipe.schedule ? recipe.schedule(sgd) : [](double) {};
  Run run{{}, {}, {train::evaluate(model, images).loss}};
  std::ignore = train::fit(model, sgd, images, rng,
                           {.epochs = recipe.epochs,
                            .batch_size = recipe.batch,
                            .validation = &images,
                            .on_batch =
                                [&](const train::Progress& progress) {
                                  run.losses.push_back(progress.loss);
                                  run.rates.push_back(sgd.lr());
                                  after_step(progress.loss);
                                },
                            .on_epoch =
                                [&](const train::EpochReport& epoch) {
                                  run.epoch_losses.push_back(epoch.validation->loss);
                                  run.seconds += epoch.seconds;
                                }});
  return run;
}

double mean_of_last(const std::vector<double>& values, std::size_t count) {
  return std::accumulate(values.end() - static_cast<std::ptrdiff_t>(count), values.end(), 0.0) /
         static_cast<double>(count);
}

// For each value, the mean of it and up to 15 values before it, against its index.
plot::Series smoothed(std::string name, const std::vector<double>& values) {
  plot::Series series{std::move(name), {}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t window = std::min<std::size_t>(i + 1, 16);
    const auto end = values.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    series.x.push_back(static_cast<double>(i + 1));
    series.y.push_back(std::accumulate(end - static_cast<std::ptrdiff_t>(window), end, 0.0) /
                       static_cast<double>(window));
  }
  return series;
}

const plot::Axis by_step{.label = "steps"},
    loss_of_batch{.label = "cross-entropy (nats), mean of 16", .logarithmic = true};

Figure batch_sizes(const data::Dataset& data, const Settings& settings, Report& report) {
  plot::Chart by_epoch{.title = "Loss by passes over the images",
                       .x = {.label = "epochs"},
                       .y = {.label = "cross-entropy of all images (nats)", .logarithmic = true}},
      times{.title = "Time of a pass, as measured",
            .x = {.label = "images in a batch", .logarithmic = true},
            .y = {.label = "training an epoch (ms)", .low = 0}};
  plot::Series seconds{"", {}, {}, Style::line_and_dots};
  std::vector<double> ends;
  for (const std::size_t batch : {8u, 32u, 128u, 512u}) {
    const Run run = train_network(
        data, {.rate = 0.1, .batch = batch, .epochs = 6, .seed = seed_of(settings, 31)});
    plot::Series series{
        "batches of " + std::to_string(batch), {}, run.epoch_losses, Style::line_and_dots};
    for (std::size_t i = 0; i < run.epoch_losses.size(); ++i)
      series.x.push_back(static_cast<double>(i));
    by_epoch.series.push_back(std::move(series));
    seconds.x.push_back(static_cast<double>(batch));
    seconds.y.push_back(1000 * run.seconds / 6);
    ends.push_back(mean_of_last(run.epoch_losses, 3));
  }
  times.series.push_back(std::move(seconds));
  report.findings.push_back(
      claim("batches of 8, 32, 128, 512, as many passes: loss of 512 by that of 8", "above 2",
            ends.back() / ends.front(), ends.back() > 2 * ends.front()));
  return {"batch-sizes",
          "The same number of passes at the same rate. Left: small batches make more steps of each "
          "pass, and their loss falls faster, but trembles. Right: how long a pass took on "
          "this machine.",
          {"Batch size against loss and time", {std::move(by_epoch), std::move(times)}}};
}

Figure learning_rates(const data::Dataset& data, const Settings& settings, Report& report) {
  plot::Chart chart{.title = "", .x = by_step, .y = loss_of_batch};
  const auto run = [&](double rate, const char* name) {
    const Run found = train_network(data, {.rate = rate, .seed = seed_of(settings, 31)});
    chart.series.push_back(smoothed(std::string(name) + ", " + text(rate), found.losses));
    return mean_of_last(found.losses, 16);
  };
  const double low = run(0.003, "too low"), middle = run(0.3, "good"), high = run(10, "too high");
  report.findings.push_back(claim("rate 0.003, too low: last loss by that of 0.3", "above 2",
                                  low / middle, low > 2 * middle));
  report.findings.push_back(
      claim("rate 10, too high: the same", "above 10", high / middle, high > 10 * middle));
  return {"learning-rates",
          "SGD with three rates on the same images. Too low a rate learns, but slowly; too high a "
          "one jumps about far above where it began.",
          {"Learning rates too high, too low, good", {std::move(chart)}, 1}};
}

template <class Schedule>
std::function<void(double)> stepped(std::shared_ptr<Schedule> schedule) {
  return [schedule](double loss) {
    if constexpr (requires { schedule->step(loss); })
      schedule->step(loss);
    else
      schedule->step();
  };
}

// At such a high rate, rounding decides how a run goes. So the claims are about medians of five
// runs, which hold for the program's seeds 1 to 10, on MNIST and on Fashion-MNIST.
Figure schedules(const data::Dataset& data, const Settings& settings, Report& report) {
  plot::Chart losses{.title = "Loss", .x = by_step, .y = loss_of_batch},
      rates{.title = "Rate", .x = by_step, .y = {.label = "learning rate", .logarithmic = true}};
  const auto run = [&](const char* name, Recipe recipe) {
    std::vector<double> ends;
    for (std::uint64_t k = 1; k <= 5; ++k) {
      recipe.seed = seed_of(settings, k);
      const Run found = train_network(data, recipe);
      ends.push_back(mean_of_last(found.epoch_losses, 3));
      if (k > 1) continue;
      losses.series.push_back(smoothed(name, found.losses));
      plot::Series rate{name, losses.series.back().x, found.rates};
      rates.series.push_back(std::move(rate));
    }
    return ends;
  };
  const auto ratio = [](const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> ratios(a.size());
    std::transform(a.begin(), a.end(), b.begin(), ratios.begin(), std::divides<>());
    return median(ratios);
  };
  const auto fast = run("always 2.5", {.rate = 2.5}), slow = run("always 0.01", {.rate = 0.01});
  const auto falling =
      run("from 2.5, ·0.99 each step",
          {.rate = 2.5, .schedule = [](auto& sgd) {
             return stepped(std::make_shared<optim::Schedule>(sgd, optim::exponential(0.99)));
           }});
  const auto steady =
      run("the notes' rule, from 0.01",
          {.rate = 0.01, .schedule = [](auto& sgd) {
             return stepped(std::make_shared<optim::Steady>(
                 sgd, optim::SteadyOptions{.window = 16, .threshold = 1.4, .up = 1.2}));
           }});
  const double by_fast = ratio(falling, fast), by_slow = ratio(falling, slow),
               steady_by_slow = ratio(steady, slow);
  report.findings.push_back(
      claim("faster first, slower later: loss by that of always fast, median of 5 seeds", "below 1",
            by_fast, by_fast < 1));
  report.findings.push_back(
      claim("the same by that of always slow", "below 1", by_slow, by_slow < 1));
  report.findings.push_back(
      claim("decrease when the loss varies wildly, otherwise increase: loss by that of always slow",
            "below 0.6", steady_by_slow, steady_by_slow < 0.6));
  return {"schedules",
          "A rate that begins fast and slows down ends lower than one that stays as fast, which "
          "trembles, or is slow from the start; drawn for the first of five seeds. The notes' own "
          "rule, decrease it when the loss "
          "varies wildly, otherwise increase it, finds a good rate by itself from a bad one.",
          {"Faster first, slower later", {std::move(losses), std::move(rates)}}};
}

Report rates_and_batches(const Settings& settings) {
  Report report;
  const data::Dataset data = training_images(settings, 4096);
  report.figures.push_back(batch_sizes(data, settings, report));
  report.figures.push_back(learning_rates(data, settings, report));
  report.figures.push_back(schedules(data, settings, report));
  return report;
}

// ---- row 32

// A full-batch descent of one network.
struct Descent {
  std::vector<double> losses;
  Tensor start, end;  // all weights
  std::function<double(const Tensor& weights)> loss;
};

Descent descend(const data::Dataset& images, const data::Batch& batch, std::size_t hidden,
                std::uint64_t seed) {
  Rng rng(seed);
  const auto model = std::make_shared<nn::Sequential>(network(images, hidden, rng));
  optim::Sgd sgd(model->parameters(), {.lr = 0.5});
  const auto loss = [model, &batch] {
    return nn::cross_entropy((*model)(batch.inputs), batch.labels);
  };
  Descent run{{}, optim::values_of(model->parameters()), {}, {}};
  for (int i = 0; i < 100; ++i) {
    Tape tape;
    const Var now = loss();
    run.losses.push_back(now.item());
    tape.backward(now);
    sgd.step();
  }
  run.loss = [=](const Tensor& weights) {
    const NoTape none;
    optim::set_values(model->parameters(), weights);
    return static_cast<double>(loss().item());
  };
  run.end = optim::values_of(model->parameters());
  run.losses.push_back(run.loss(run.end));
  return run;
}

// The plane through a descent's start and end, and a random direction of the same length.
plot::Chart slice_of_surface(const char* title, const Descent& run, Rng rng) {
  const Tensor along = run.start - run.end;
  Tensor across = normals(along.shape(), rng);
  const auto dot = [](const Tensor& a, const Tensor& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  across -= (dot(across, along) / dot(along, along)) * along;
  across *= std::sqrt(dot(along, along) / dot(across, across));
  return {.title = title,
          .x = {.label = "from the end, 0, to the start, 1"},
          .y = {.label = "a random direction, as long"},
          .surface = plot::surface_of(
              [&](double u, double v) { return run.loss(run.end + u * along + v * across); }, -1, 2,
              -1.5, 1.5, 31, 31),
          .markers = {{0, 0, "end"}, {1, 0, "start"}}};
}

Report over_parameterisation(const Settings& settings) {
  constexpr std::uint64_t seeds = 5;
  const Rng rng(seed_of(settings, 32));
  Report report;
  const data::Dataset data = training_images(settings, 512);
  const data::Batch batch = data.all();
  plot::Chart curves{.title = "Loss, median of 5 networks",
                     .x = {.label = "steps"},
                     .y = {.label = "cross-entropy (nats)", .logarithmic = true}};
  std::vector<double> ends;
  int rises = 0;
  Descent narrow, wide;
  for (const std::size_t hidden : {2u, 4u, 8u, 16u, 64u}) {
    plot::Series series{std::to_string(hidden) + " hidden", {}, {}};
    std::vector<std::vector<double>> all;
    for (std::uint64_t k = 1; k <= seeds; ++k) {
      Descent run = descend(data, batch, hidden, seed_of(settings, k));
      all.push_back(run.losses);
      if (hidden == 64) {
        double before = run.losses.front();
        for (int step = 1; step <= 20; ++step) {
          const double share = step / 20.;
          const double now = run.loss(run.start + share * (run.end - run.start));
          rises += now > before;
          before = now;
        }
      }
      if (k == 1 && hidden == 2) narrow = run;
      if (k == 1 && hidden == 64) wide = run;
    }
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      std::vector<double> here;
      for (const std::vector<double>& one : all) here.push_back(one[i]);
      series.x.push_back(static_cast<double>(i));
      series.y.push_back(median(here));
    }
    ends.push_back(series.y.back());
    curves.series.push_back(std::move(series));
  }
  // how far few units get depends on their start: compared are layers 8 and 16 times as wide
  const double wider = std::max(ends[3] / ends[0], ends[4] / ends[1]);
  report.findings = {
      claim("loss after 100 steps, 64 hidden units by 2, medians of 5 networks", "below a third",
            ends.back() / ends.front(), ends.back() < ends.front() / 3),
      claim("16 by 2, 64 by 4: the larger", "below 0.8", wider, wider < 0.8),
      claim("64 hidden units: places of 20 on the straight way from start to end "
            "where the loss rises, 5 networks",
            "at most 5 of 100", rises, rises <= 5)};
  report.figures = {
      {"over-parameterisation",
       "One hidden layer, 512 images, all in each step, rate 0.5. The wider it is, the faster the "
       "same descent lowers the loss, although there are more weights to find.",
       {"Wider layers are easier to train", {std::move(curves)}, 1}},
      {"loss-surface",
       "The loss on a plane in the space of all weights, through where a descent began and where "
       "it ended 100 steps later. With 64 units it is a smooth slope from start to end, down to a "
       "far lower place than 2 units reach.",
       {"A slice of the loss surface",
        {slice_of_surface("2 hidden units", narrow, rng),
         slice_of_surface("64 hidden units", wide, rng)}}}};
  return report;
}

}  // namespace

std::vector<Lecture> training_lectures() {
  return {{31, "rates-and-batches", "Neuromatch", "Batch sizes, learning rates and schedules",
           "A small network on MNIST-format images: how many at once, how far a step, and when to "
           "slow down.",
           rates_and_batches},
          {32, "over-parameterisation", "Neuromatch", "Wider layers are easier to train",
           "More hidden units than needed, and what the loss looks like around them.",
           over_parameterisation}};
}

}  // namespace reel::descent
