// Charts of a run: each has the numbers it is given, the best epoch is marked, long runs are
// thinned, and what was not measured is left out.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include <reel/report/curves.h>

using namespace reel;
using report::EpochScores, report::Score;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

const plot::Series& series(const plot::Chart& chart, const std::string& name) {
  for (const plot::Series& one : chart.series)
    if (one.name == name) return one;
  FAIL("no series ", name);
  return chart.series.front();
}

// Validation is best in epoch 2 by loss and in epoch 3 by accuracy.
std::vector<EpochScores> three_epochs() {
  return {{.epoch = 1, .train_loss = 2, .validation = Score{1.5, 0.5}, .test = Score{1.6, 0.4}},
          {.epoch = 2, .train_loss = 1, .validation = Score{1.25, 0.6}, .test = Score{1.3, 0.7}},
          {.epoch = 3, .train_loss = 0.5, .validation = Score{1.4, 0.75}, .test = Score{1.1, 0.8}}};
}

train::BatchRecord batch(std::size_t step, double loss, double lr,
                         std::vector<train::LayerStep> layers = {}) {
  return {.epoch = 1, .batch = step, .step = step, .loss = loss, .lr = lr, .layers = layers};
}

}  // namespace

TEST_CASE("curves: losses and accuracies have all epochs of all data sets") {
  const auto charts = report::epoch_charts(three_epochs());
  REQUIRE(charts.size() == 2);
  const plot::Chart &losses = charts[0], &accuracies = charts[1];
  CHECK(losses.series.size() == 3);
  CHECK(accuracies.series.size() == 2);
  const std::vector<double> epochs{1, 2, 3};
  for (const plot::Chart& chart : charts)
    for (const plot::Series& one : chart.series) CHECK(one.x == epochs);
  CHECK(series(losses, "training").y == std::vector<double>{2, 1, 0.5});
  CHECK(series(losses, "validation").y == std::vector<double>{1.5, 1.25, 1.4});
  CHECK(series(losses, "test").y == std::vector<double>{1.6, 1.3, 1.1});
  CHECK(series(accuracies, "validation").y == std::vector<double>{50, 60, 75});
  CHECK(series(accuracies, "test").y[1] == doctest::Approx(70));
  CHECK(losses.x.whole);
}

TEST_CASE("curves: a name has the same colour in each chart") {
  const auto files = plot::svgs({"", report::epoch_charts(three_epochs())});
  REQUIRE(files.size() == 2);
  const auto has = [&](std::size_t file, const char* text) {
    return files[file].find(text) != std::string::npos;
  };
  CHECK(has(0, "class=\"line c0\""));  // training
  CHECK(has(0, "class=\"line c1\""));  // validation
  CHECK_FALSE(has(1, "class=\"line c0\""));
  CHECK(has(1, "class=\"line c1\""));
  CHECK(has(1, ">validation</text>"));
  CHECK_FALSE(has(1, ">training</text>"));
}

TEST_CASE("curves: averaged weights have lines of their own, and are judged") {
  std::vector<EpochScores> epochs = three_epochs();
  epochs[0].averaged_validation = {1, 0.9};
  epochs[1].averaged_validation = {1.1, 0.8};
  epochs[2].averaged_validation = {1.2, 0.7};
  for (EpochScores& epoch : epochs) epoch.averaged_test = {0.5, 0.25};
  const auto charts = report::epoch_charts(epochs);
  CHECK(series(charts[0], "validation, averaged").y == std::vector<double>{1, 1.1, 1.2});
  CHECK(series(charts[1], "test, averaged").y == std::vector<double>{25, 25, 25});
  REQUIRE(charts[0].markers.size() == 1);
  CHECK(charts[0].markers[0].label == "best, epoch 1");
}

TEST_CASE("curves: the best epoch is marked on both charts, by loss or by accuracy") {
  const auto by_loss = report::epoch_charts(three_epochs());
  REQUIRE(by_loss[0].markers.size() == 1);
  CHECK(by_loss[0].markers[0].x == 2);
  CHECK(by_loss[0].markers[0].y == 1.25);
  CHECK(by_loss[1].markers[0].y == doctest::Approx(60));
  const auto by_accuracy = report::epoch_charts(three_epochs(), {.monitor = "accuracy"});
  CHECK(by_accuracy[0].markers[0].x == 3);
  CHECK(by_accuracy[0].markers[0].y == 1.4);
  CHECK(by_accuracy[1].markers[0].label == "best, epoch 3");

  std::vector<EpochScores> one = three_epochs();
  one.resize(1);
  CHECK(report::epoch_charts(one)[0].markers.empty());
  std::vector<EpochScores> broken = three_epochs();
  broken[1].validation = Score{none, none};
  CHECK(report::epoch_charts(broken)[0].markers[0].x == 3);
  for (EpochScores& epoch : broken) epoch.validation.reset();
  CHECK(report::epoch_charts(broken)[0].markers.empty());
}

TEST_CASE("curves: many epochs are a line without dots") {
  std::vector<EpochScores> epochs(150);
  for (std::size_t i = 0; i < epochs.size(); ++i) epochs[i] = {.epoch = i + 1, .train_loss = 1};
  CHECK(report::epoch_charts(epochs)[0].series[0].style == plot::Style::line);
  CHECK(report::epoch_charts(three_epochs())[0].series[0].style == plot::Style::line_and_dots);
}

TEST_CASE("curves: numbers as targets have no chart of accuracies") {
  std::vector<EpochScores> epochs = three_epochs();
  for (EpochScores& epoch : epochs) epoch.validation->accuracy = epoch.test->accuracy = none;
  const auto charts = report::epoch_charts(epochs, {.loss_label = "mean squared error"});
  REQUIRE(charts.size() == 1);
  CHECK(charts[0].y.label == "mean squared error");
  CHECK(report::epoch_charts({}).empty());
}

TEST_CASE("curves: each batch has its loss and rate, and the layers where they were measured") {
  report::BatchCharts batches({"0", "2"});
  batches.add(batch(1, 3, 0.5, {{4, 0.25}, {5, none}}));
  batches.add(batch(2, 2, 0.25));
  batches.add(batch(3, none, 0.125, {{6, 0.125}, {7, 0.5}}));
  const auto charts = batches.charts();
  REQUIRE(charts.size() == 4);
  CHECK(charts[0].series[0].x == std::vector<double>{1, 2});
  CHECK(charts[0].series[0].y == std::vector<double>{3, 2});
  CHECK(charts[1].series[0].y == std::vector<double>{0.5, 0.25, 0.125});
  CHECK(series(charts[2], "layer 0").x == std::vector<double>{1, 3});
  CHECK(series(charts[2], "layer 0").y == std::vector<double>{4, 6});
  CHECK(series(charts[2], "layer 2").y == std::vector<double>{5, 7});
  CHECK(series(charts[3], "layer 0").y == std::vector<double>{0.25, 0.125});
  CHECK(series(charts[3], "layer 2").x == std::vector<double>{3});
  CHECK(charts[2].y.logarithmic);
  CHECK(report::BatchCharts({"0"}).charts().empty());
}

TEST_CASE("curves: a long run is thinned to means of equally many batches") {
  report::BatchCharts batches({});
  constexpr std::size_t steps = 10'000;
  for (std::size_t step = 1; step <= steps; ++step)
    batches.add(batch(step, static_cast<double>(step % 2), 1e-3 * static_cast<double>(step)));
  const auto charts = batches.charts();
  REQUIRE(charts.size() == 2);
  const plot::Series &loss = charts[0].series[0], &rate = charts[1].series[0];
  CHECK(loss.x.size() <= 300);
  CHECK(loss.x.size() >= 150);
  CHECK(charts[0].title == "Loss, means of 64 batches");
  for (const double y : loss.y) CHECK(y == 0.5);
  for (std::size_t i = 0; i < rate.x.size(); ++i) {
    CHECK(rate.x[i] == 64 * static_cast<double>(i) + 32.5);  // the mean of 64 steps
    CHECK(rate.y[i] == doctest::Approx(1e-3 * rate.x[i]));
  }
}

TEST_CASE("curves: the sharpness stands beside 2 / rate") {
  const std::vector<report::Sharpness> epochs{{1, {8, 4}, 0.5}, {2, {16}, 0.25}, {3, {}, 0}};
  const plot::Chart chart = report::sharpness_chart(epochs);
  CHECK(series(chart, "eigenvalue 1").y[0] == 8);
  CHECK(series(chart, "eigenvalue 1").y[1] == 16);
  CHECK(series(chart, "eigenvalue 2").y[0] == 4);
  CHECK(std::isnan(series(chart, "eigenvalue 2").y[1]));
  CHECK(series(chart, "2 / rate").y[0] == 4);
  CHECK(series(chart, "2 / rate").y[1] == 8);
  CHECK(series(chart, "2 / rate").style == plot::Style::dashes);
}
