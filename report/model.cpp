// The parts of a report that follow from a model and its test samples.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/data/batches.h>
#include <reel/nn/linear.h>
#include <reel/report/drawing_page.h>
#include <reel/report/report.h>

namespace reel::inline REEL_PRECISION {
namespace report {
namespace {

constexpr std::size_t guesses_shown = 3;

// Calls f(row, probabilities) for each sample; there is one probability for each class.
template <class F>
void for_each_prediction(nn::Sequential& model, const data::Dataset& dataset, F&& f) {
  const train::EvalMode mode(model);
  const NoTape no_tape;
  std::size_t row = 0;
  for (const data::Batch& batch : data::batches(dataset, {.batch_size = 500})) {
    const Tensor probabilities = reel::softmax(model(batch.inputs).value());
    const std::size_t classes = probabilities.shape()[1];
    for (std::size_t i = 0; i < batch.size(); ++i, ++row)
      f(row, std::span(probabilities.data() + i * classes, classes));
  }
}

std::vector<Guess> most_probable(std::span<const Real> probabilities,
                                 const data::Dataset& dataset) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  order.resize(std::min(order.size(), guesses_shown));
  std::vector<Guess> guesses;
  for (const std::size_t c : order)
    guesses.push_back({dataset.class_name(c), static_cast<double>(probabilities[c])});
  return guesses;
}

const nn::Linear* first_linear(const nn::Sequential& model) {
  return model.size() > 0 ? dynamic_cast<const nn::Linear*>(&model[0]) : nullptr;
}

// Column `unit` of the contributions (outputs, units).
std::vector<double> contributions_of(const Tensor& contributions, std::size_t unit) {
  std::vector<double> column;
  for (std::size_t i = 0; i < contributions.shape()[0]; ++i)
    column.push_back(static_cast<double>(contributions(i, unit)));
  return column;
}

}  // namespace

std::vector<Mistake> mistakes(nn::Sequential& model, const data::Dataset& dataset,
                              std::size_t count) {
  std::vector<Mistake> found;
  for_each_prediction(model, dataset, [&](std::size_t row, std::span<const Real> probabilities) {
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    const auto label = static_cast<std::size_t>(dataset.label(row));
    if (static_cast<std::size_t>(best - probabilities.begin()) == label || std::isnan(*best))
      return;
    found.push_back({row, {}, dataset.class_name(label), most_probable(probabilities, dataset)});
  });
  std::stable_sort(found.begin(), found.end(), [](const Mistake& a, const Mistake& b) {
    return a.guesses[0].probability > b.guesses[0].probability;
  });
  found.resize(std::min(found.size(), count));
  for (Mistake& mistake : found) mistake.image = dataset.sample(mistake.row);
  return found;
}

std::vector<Suspect> suspects(const std::vector<train::LabelSuspect>& found,
                              const data::Dataset& dataset, std::size_t count) {
  const auto name = [&](Label label) {
    return dataset.class_name(static_cast<std::size_t>(label));
  };
  std::vector<Suspect> shown;
  for (std::size_t i = 0; i < std::min(found.size(), count) && found[i].margin < 0; ++i)
    shown.push_back({dataset.source_row(found[i].row), dataset.sample(found[i].row),
                     name(found[i].label), name(found[i].other), found[i].margin});
  return shown;
}

void add_model(Report& report, nn::Sequential& model, const data::Dataset& test) {
  report.classes.clear();
  for (std::size_t c = 0; c < test.classes(); ++c) report.classes.push_back(test.class_name(c));
  report.confusion = train::evaluate(model, test, {.batch_size = 500}).confusion;
  report.mistakes = mistakes(model, test);

  const train::HiddenUnits hidden = train::hidden_units(model, test);
  report.units = hidden.layers;
  report.first_layer.clear();
  report.last_hidden_layer.clear();
  if (const nn::Linear* const linear = first_linear(model)) {
    const Tensor& weights = linear->weight.value();
    for (std::size_t i = 0; i < linear->out(); ++i) {
      Tensor picture = zeros(test.sample_shape());
      std::copy_n(weights.data() + i * linear->in(), linear->in(), picture.data());
      report.first_layer.push_back({std::move(picture), {}});
    }
  }
  if (!hidden.layers.empty()) {
    const bool is_first =
        hidden.layers.size() == 1 && hidden.contributions.shape()[1] == report.first_layer.size();
    auto& neurons = is_first ? report.first_layer : report.last_hidden_layer;
    neurons.resize(hidden.contributions.shape()[1]);
    for (std::size_t i = 0; i < neurons.size(); ++i)
      neurons[i].contributions = contributions_of(hidden.contributions, i);
  }
  report.drawing_board = is_drawable(model, test) ? drawing_board(model, test) : "";
}

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
