// Measures how the time of a step grows with width, depth, batch and data set, and compares it with
// a prediction from the arithmetic.
//
// A step of SGD has 4·batch·in·out multiplications and additions for the first layer (forward, and
// the gradient with respect to W), and 6·batch·in·out for every other layer (also the gradient with
// respect to x). An epoch has as many steps as batches. The prediction is this count divided by the
// speed at the largest size. Prints a table; an argument names an SVG file to draw it into.
#include <cstdio>

#include <reel/autodiff/core/file.h>
#include <reel/plot/plot.h>

#include "networks.h"

using namespace reel;

namespace {

double work(const bench::Network& network, std::size_t samples) {
  double sum = 0;
  for (std::size_t l = 0; l + 1 < network.widths.size(); ++l)
    sum += (l == 0 ? 4.0 : 6.0) * static_cast<double>(network.widths[l] * network.widths[l + 1]);
  return sum * static_cast<double>(samples);
}

// Seconds of an epoch over `samples` images: the median of several.
double epoch_seconds(const bench::Network& network, std::size_t samples) {
  const data::Dataset images = bench::random_images(samples, {network.widths[0]});
  nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  Rng rng(1);
  std::vector<double> times;
  double total = 0;
  for (int i = 0; i < 3 || (total < 0.5 && i < 101); ++i) {
    const auto result = train::fit(model, *optimizer, images, rng,
                                   {.epochs = 1, .batch_size = network.batch, .drop_last = true});
    if (i > 0) times.push_back(result.epochs.at(0).seconds);  // the first epoch warms up
    total += result.epochs.at(0).seconds;
  }
  return bench::median(times);
}

struct Point {
  double size, seconds, predicted;
};

struct Growth {
  std::string what;
  std::vector<Point> points;
};

// Measures networks of growing size, with `samples` images for all or one number for each.
Growth measure(const char* what, const std::vector<std::size_t>& sizes,
               const std::function<bench::Network(std::size_t)>& network,
               const std::function<std::size_t(std::size_t)>& samples, bool per_step) {
  Growth growth{what, {}};
  for (const std::size_t size : sizes) {
    const bench::Network one = network(size);
    const std::size_t n = samples(size), steps = per_step ? n / one.batch : 1;
    const auto share = static_cast<double>(steps);
    growth.points.push_back(
        {static_cast<double>(size), epoch_seconds(one, n) / share, work(one, n) / share});
  }
  const double rate = growth.points.back().predicted / growth.points.back().seconds;
  for (Point& point : growth.points) point.predicted /= rate;
  std::printf("%s\n", what);
  for (const Point& p : growth.points)
    std::printf("  %8.0f %12.1f us  predicted %12.1f us  %6.3f\n", p.size, 1e6 * p.seconds,
                1e6 * p.predicted, p.seconds / p.predicted);
  return growth;
}

plot::Chart chart(const Growth& growth) {
  plot::Series measured{"measured", {}, {}, plot::Style::line_and_dots};
  plot::Series predicted{"by the arithmetic", {}, {}, plot::Style::line};
  for (const Point& p : growth.points) {
    for (plot::Series* series : {&measured, &predicted}) series->x.push_back(p.size);
    measured.y.push_back(1e3 * p.seconds);
    predicted.y.push_back(1e3 * p.predicted);
  }
  return {.title = growth.what,
          .x = {.label = growth.what.substr(0, growth.what.find(':')), .logarithmic = true},
          .y = {.label = growth.what.starts_with("images") ? "an epoch (ms)" : "a step (ms)",
                .logarithmic = true},
          .series = {std::move(measured), std::move(predicted)}};
}

}  // namespace

int main(int argc, char** argv) {
  using Sizes = std::vector<std::size_t>;
  const auto sgd = [](Sizes widths, std::size_t batch) {
    return bench::Network{std::move(widths), batch, Method::sgd, 0.01};
  };
  std::printf("time against size on one core, and over what the arithmetic predicts\n");
  const std::vector<Growth> all{
      measure(
          "width: w of 784-w-w-10, batch 128", {32, 64, 128, 256, 512, 1024, 2048},
          [&](std::size_t w) {
            return sgd({784, w, w, 10}, 128);
          },
          [](std::size_t) { return 128 * 4; }, true),
      measure(
          "depth: hidden layers of 512, batch 128", {1, 2, 4, 8, 16},
          [&](std::size_t depth) {
            Sizes widths(depth + 2, 512);
            widths.front() = 784;
            widths.back() = 10;
            return sgd(widths, 128);
          },
          [](std::size_t) { return 128 * 4; }, true),
      measure(
          "batch: images in a batch of 784-512-512-10", {16, 32, 64, 128, 256, 512, 1024},
          [&](std::size_t batch) {
            return sgd({784, 512, 512, 10}, batch);
          },
          [](std::size_t batch) { return batch * 4; }, true),
      measure(
          "images: an epoch of 784-128-10, batch 64", {640, 1280, 2560, 5120, 10240, 20480, 40960},
          [&](std::size_t) {
            return sgd({784, 128, 10}, 64);
          },
          [](std::size_t images) { return images; }, false)};
  if (argc < 2) return 0;
  plot::Picture picture{"Time against size, one core", {}};
  for (const Growth& growth : all) picture.charts.push_back(chart(growth));
  write_file(argv[1], "plot", plot::svg(picture));
}
