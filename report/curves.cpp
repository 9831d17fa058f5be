// Draws the numbers of a run as charts.
#include <reel/report/curves.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace report {
namespace {

constexpr std::size_t most_points = 300;  // about as many as a chart is wide in pixels
constexpr std::size_t most_dots = 30;     // more dots would hide the line

constexpr double none = std::numeric_limits<double>::quiet_NaN();

using Part = std::optional<Score> EpochScores::*;

double value_of(const EpochScores& epoch, Part part, double Score::*value) {
  return epoch.*part ? *(epoch.*part).*value : none;
}

bool empty(const plot::Series& series) {
  return std::none_of(series.y.begin(), series.y.end(), [](double y) { return std::isfinite(y); });
}

void add_to(plot::Chart& chart, plot::Series series) {
  if (!empty(series)) chart.series.push_back(std::move(series));
}

std::vector<plot::Chart> with_curves(std::vector<plot::Chart> charts) {
  std::erase_if(charts, [](const plot::Chart& chart) { return chart.series.empty(); });
  return charts;
}

// f of each epoch against its number.
template <class Epoch, class F>
plot::Series by_epoch(std::string name, std::span<const Epoch> epochs, F&& f) {
  plot::Series series{std::move(name),
                      {},
                      {},
                      epochs.size() <= most_dots ? plot::Style::line_and_dots : plot::Style::line};
  for (const Epoch& epoch : epochs) {
    series.x.push_back(static_cast<double>(epoch.epoch));
    series.y.push_back(f(epoch));
  }
  return series;
}

// The first epoch with the best validation; none if there is no other epoch.
const EpochScores* best_of(std::span<const EpochScores> epochs, Part part,
                           std::string_view monitor) {
  if (epochs.size() < 2) return nullptr;
  const auto badness = [&](const EpochScores& epoch) {
    const double value = monitor == "loss" ? value_of(epoch, part, &Score::loss)
                                           : -value_of(epoch, part, &Score::accuracy);
    return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
  };
  const auto best = std::min_element(
      epochs.begin(), epochs.end(),
      [&](const EpochScores& a, const EpochScores& b) { return badness(a) < badness(b); });
  return std::isfinite(badness(*best)) ? &*best : nullptr;
}

}  // namespace

EpochScores scores_of(const train::EpochReport& report) {
  const auto score = [](const std::optional<train::Evaluation>& evaluation) {
    return evaluation ? std::optional(Score{evaluation->loss, evaluation->accuracy()})
                      : std::nullopt;
  };
  return {.epoch = report.epoch,
          .train_loss = report.train_loss,
          .validation = score(report.validation),
          .test = score(report.test),
          .averaged_validation = score(report.averaged_validation),
          .averaged_test = score(report.averaged_test)};
}

std::vector<plot::Chart> epoch_charts(std::span<const EpochScores> epochs,
                                      const EpochChartsOptions& options) {
  const plot::Axis axis{.label = "epoch", .whole = true};
  plot::Chart losses{.title = "Loss (training: mean during the epoch; others: after it)",
                     .x = axis,
                     .y = {options.loss_label}};
  plot::Chart accuracies{
      .title = "Accuracy after the epoch", .x = axis, .y = {"samples recognised (%)"}};
  add_to(losses, by_epoch(options.training, epochs,
                          [](const EpochScores& epoch) { return epoch.train_loss; }));
  Part judged = nullptr;  // the line that early stopping judges
  for (const auto& [name, part] :
       {std::pair<const char*, Part>("validation", &EpochScores::validation),
        {"validation, averaged", &EpochScores::averaged_validation},
        {"test", &EpochScores::test},
        {"test, averaged", &EpochScores::averaged_test}}) {
    const Part here = part;
    add_to(losses, by_epoch(name, epochs, [&](const EpochScores& epoch) {
             return value_of(epoch, here, &Score::loss);
           }));
    add_to(accuracies, by_epoch(name, epochs, [&](const EpochScores& epoch) {
             return 100 * value_of(epoch, here, &Score::accuracy);
           }));
    const bool of_validation =
        here == &EpochScores::validation || here == &EpochScores::averaged_validation;
    if (of_validation && !epochs.empty() && epochs.back().*here) judged = here;
  }
  if (judged != nullptr)
    if (const EpochScores* const best = best_of(epochs, judged, options.monitor)) {
      const std::string label = concat("best, epoch ", best->epoch);
      const auto x = static_cast<double>(best->epoch);
      losses.markers.push_back({x, value_of(*best, judged, &Score::loss), label});
      accuracies.markers.push_back({x, 100 * value_of(*best, judged, &Score::accuracy), label});
    }
  return with_curves({std::move(losses), std::move(accuracies)});
}

// When the curve is full, two neighbours become one point, and each further point takes twice as
// many values.
void BatchCharts::Curve::add(double x_value, double y_value) {
  if (!std::isfinite(y_value)) return;
  x_sum += x_value;
  y_sum += y_value;
  if (++summed < each) return;
  x.push_back(std::exchange(x_sum, 0) / static_cast<double>(each));
  y.push_back(std::exchange(y_sum, 0) / static_cast<double>(each));
  summed = 0;
  if (x.size() < most_points) return;
  for (auto* values : {&x, &y}) {
    for (std::size_t i = 0; i < most_points / 2; ++i)
      (*values)[i] = ((*values)[2 * i] + (*values)[2 * i + 1]) / 2;
    values->resize(most_points / 2);
  }
  each *= 2;
}

BatchCharts::BatchCharts(const std::vector<std::string>& layers) {
  for (const std::string& name : layers)
    layers_.push_back({name.empty() ? "the model" : concat("layer ", name)});
}

void BatchCharts::add(const train::BatchRecord& batch) {
  const auto step = static_cast<double>(batch.step);
  loss_.add(step, batch.loss);
  rate_.add(step, batch.lr);
  for (std::size_t i = 0; i < batch.layers.size(); ++i) {
    layers_.at(i).gradient.add(step, batch.layers[i].gradient_norm);
    layers_.at(i).update.add(step, batch.layers[i].update_ratio);
  }
}

std::vector<plot::Chart> BatchCharts::charts() const {
  const plot::Axis by_batch{.label = "batch"};
  const auto line = [](std::string name, const Curve& curve) {
    return plot::Series{std::move(name), curve.x, curve.y};
  };
  plot::Chart loss{.title = "Loss of each batch", .x = by_batch, .y = {"mean loss"}};
  if (loss_.each > 1) loss.title = concat("Loss, means of ", loss_.each, " batches");
  plot::Chart rate{.title = "Learning rate", .x = by_batch, .y = {"learning rate"}};
  plot::Chart gradients{.title = "Norm of the gradient by layer, before clipping",
                        .x = by_batch,
                        .y = {.label = "‖∇w‖", .logarithmic = true}};
  plot::Chart updates{.title = "Size of a step by layer, relative to the weights",
                      .x = by_batch,
                      .y = {.label = "‖Δw‖ / ‖w‖", .logarithmic = true}};
  add_to(loss, line("training", loss_));
  add_to(rate, line("", rate_));
  for (const Layer& layer : layers_) {
    add_to(gradients, line(layer.name, layer.gradient));
    add_to(updates, line(layer.name, layer.update));
  }
  return with_curves({std::move(loss), std::move(rate), std::move(gradients), std::move(updates)});
}

plot::Chart sharpness_chart(std::span<const Sharpness> epochs) {
  plot::Chart chart{.title = "Largest eigenvalues of the loss's Hessian after the epoch",
                    .x = {.label = "epoch", .whole = true},
                    .y = {.label = "curvature", .logarithmic = true}};
  std::size_t count = 0;
  for (const Sharpness& epoch : epochs) count = std::max(count, epoch.eigenvalues.size());
  for (std::size_t i = 0; i < count; ++i)
    add_to(chart, by_epoch(concat("eigenvalue ", i + 1), epochs, [&](const Sharpness& epoch) {
             return i < epoch.eigenvalues.size() ? epoch.eigenvalues[i] : none;
           }));
  plot::Series limit =
      by_epoch("2 / rate", epochs, [](const Sharpness& epoch) { return 2 / epoch.lr; });
  limit.style = plot::Style::dashes;
  add_to(chart, std::move(limit));
  return chart;
}

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
