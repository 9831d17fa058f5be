// Measures the gradients and updates of the layers.
#include <reel/train/training_record.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// "0" of "0.weight"; empty for a parameter of the model itself.
std::string layer_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

// ",0.25", with as many digits as tell it from all others; only the comma for NaN.
std::string field(double value) {
  if (std::isnan(value)) return ",";
  std::array<char, 32> text{','};
  return {text.data(), std::to_chars(text.data() + 1, text.data() + text.size(), value).ptr};
}

}  // namespace

TrainingRecord::TrainingRecord(nn::Module& model, const TrainingRecordOptions& options)
    : options_(options) {
  for (const nn::NamedState& part : nn::state_of(model)) {
    if (part.buffer) continue;
    static_cast<void>(part.value());  // throws if there is none
    const std::string name = layer_of(part.path);
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(found - names_.begin());
    if (found == names_.end()) {
      names_.push_back(name);
      layers_.emplace_back();
    }
    layers_[index].parameters.push_back(part.parameter);
  }
}

void TrainingRecord::before_step() {
  measuring_ = options_.every > 0 && steps_++ % options_.every == 0;
  if (!measuring_) return;
  for (Layer& layer : layers_) {
    layer.before.resize(layer.parameters.size());
    double gradients = 0;
    for (std::size_t i = 0; i < layer.parameters.size(); ++i) {
      if (const SharedTensor& gradient = layer.parameters[i].gradient())
        gradients += optim::inner(*gradient, *gradient);
      layer.before[i] = layer.parameters[i].value();
    }
    layer.step.gradient_norm = std::sqrt(gradients);
  }
}

void TrainingRecord::after_step() {
  if (!measuring_) return;
  for (Layer& layer : layers_) {
    double updates = 0, weights = 0;
    for (std::size_t i = 0; i < layer.parameters.size(); ++i) {
      Tensor& w = layer.before[i];
      weights += optim::inner(w, w);
      optim::add_to(w, -1, layer.parameters[i].value());
      updates += optim::inner(w, w);
    }
    layer.step.update_ratio =
        weights > 0 ? std::sqrt(updates / weights) : std::numeric_limits<double>::quiet_NaN();
  }
}

void TrainingRecord::add(const Progress& progress, double lr) {
  BatchRecord record{.epoch = progress.epoch,
                     .batch = progress.batch,
                     .step = (progress.epoch - 1) * progress.batches + progress.batch,
                     .loss = progress.loss,
                     .lr = lr};
  if (std::exchange(measuring_, false))
    for (const Layer& layer : layers_) record.layers.push_back(layer.step);
  batches_.push_back(std::move(record));
}

std::string csv_header(const TrainingRecord& record) {
  std::string text = "epoch,batch,loss,lr";
  for (const std::string& layer : record.layers()) {
    const std::string prefix = layer.empty() ? "," : concat(',', layer, '.');
    text += concat(prefix, "gradient_norm", prefix, "update_ratio");
  }
  return text + '\n';
}

std::string csv_lines(const TrainingRecord& record) {
  std::string text;
  for (const BatchRecord& batch : record.batches()) {
    text += concat(batch.epoch, ',', batch.batch, field(batch.loss), field(batch.lr));
    for (const LayerStep& layer : batch.layers)
      text += concat(field(layer.gradient_norm), field(layer.update_ratio));
    if (batch.layers.empty()) text.append(2 * record.layers().size(), ',');
    text += '\n';
  }
  return text;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
