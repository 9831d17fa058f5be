// The metrics, their sums, and the text of sums in a state.
#include <reel/train/metrics.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

double weight_of(const data::Batch& batch, std::size_t i) {
  return batch.weights ? static_cast<double>(batch.weights->data()[i]) : 1.0;
}

// Calls f(weight of the sample, index of the output, output, target) for all numbers of a batch.
template <class F>
void for_each_number(const char* metric, const Tensor& output, const data::Batch& batch, F&& f) {
  if (!batch.targets) fail_usage(metric, "takes targets that are numbers, and the batch has none.");
  if (output.shape() != batch.targets->shape())
    fail_usage(metric, "output ", to_string(output.shape()), " and target ",
               to_string(batch.targets->shape()), " differ in shape.");
  const std::size_t outputs = output.size() / batch.size();
  for (std::size_t k = 0; k < output.size(); ++k)
    f(weight_of(batch, k / outputs), k % outputs, static_cast<double>(output.data()[k]),
      static_cast<double>(batch.targets->data()[k]));
}

// The mean of f(output − target) over all numbers, then g of it.
template <class F, class G>
Metric error_metric(const char* name, F f, G g) {
  return {name,
          [=](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            sums.resize(2);
            for_each_number(name, output, batch, [&](double w, std::size_t, double y, double t) {
              sums[0] += w;
              sums[1] += w * f(y - t);
            });
          },
          [=](const std::vector<double>& sums) { return g(sums[1] / sums[0]); }};
}

// "64 64 12.5,1 2": the numbers of each vector, which continue to the same bits.
std::string to_text(const Sums& sums) {
  std::string text;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (i > 0) text += ',';
    for (std::size_t k = 0; k < sums[i].size(); ++k) {
      std::array<char, 32> number;
      if (k > 0) text += ' ';
      text.append(number.data(),
                  std::to_chars(number.data(), number.data() + number.size(), sums[i][k]).ptr);
    }
  }
  return text;
}

Sums to_sums(const optim::State& state) {
  const std::string& text = state.field("sums");
  if (text.empty()) return {};
  Sums sums(1);
  const char *at = text.data(), *const end = at + text.size();
  while (at != end) {
    if (*at == ',') {
      sums.emplace_back();
      ++at;
    } else {
      if (*at == ' ') ++at;
      const auto [stop, error] = std::from_chars(at, end, sums.back().emplace_back());
      if (error != std::errc()) fail_usage(state.kind, "the state has malformed sums.");
      at = stop;
    }
  }
  return sums;
}

}  // namespace

Metric averaged(std::string name,
                std::function<double(const Tensor& output, const data::Batch& batch)> of_batch) {
  return {std::move(name),
          [of_batch = std::move(of_batch)](const Tensor& output, const data::Batch& batch,
                                           std::vector<double>& sums) {
            const double weight = batch.weight();
            sums.resize(2);
            sums[0] += weight;
            if (weight > 0) sums[1] += weight * of_batch(output, batch);
          },
          [](const std::vector<double>& sums) { return sums[1] / sums[0]; }};
}

Metric accuracy() {
  return {"accuracy",
          [](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            const Labels guesses = predicted_classes(output);
            if (guesses.size() != batch.labels.size())
              fail_usage("accuracy", batch.labels.size(), " labels for outputs ",
                         to_string(output.shape()), '.');
            sums.resize(2);
            for (std::size_t i = 0; i < guesses.size(); ++i) {
              sums[0] += weight_of(batch, i);
              if (guesses[i] == batch.labels[i]) sums[1] += weight_of(batch, i);
            }
          },
          [](const std::vector<double>& sums) { return sums[1] / sums[0]; }};
}

Metric mean_absolute_error() {
  return error_metric(
      "mean_absolute_error", [](double e) { return std::abs(e); },
      [](double mean) { return mean; });
}

Metric root_mean_squared_error() {
  return error_metric(
      "root_mean_squared_error", [](double e) { return e * e; },
      [](double mean) { return std::sqrt(mean); });
}

// For each output j five sums: a target s that all are shifted by, so that no digits cancel; Σw,
// Σw(t − s), Σw(t − s)², Σw(y − t)².
Metric r_squared() {
  constexpr std::size_t count = 5;
  return {"r_squared",
          [](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            const bool first = sums.empty();
            if (first) sums.resize(count * output.size() / std::max<std::size_t>(1, batch.size()));
            for_each_number("r_squared", output, batch,
                            [&](double w, std::size_t j, double y, double t) {
                              double* const s = sums.data() + count * j;
                              if (first && s[1] == 0) s[0] = t;
                              s[1] += w;
                              s[2] += w * (t - s[0]);
                              s[3] += w * (t - s[0]) * (t - s[0]);
                              s[4] += w * (y - t) * (y - t);
                            });
          },
          [](const std::vector<double>& sums) {
            double total = 0;
            for (std::size_t j = 0; j < sums.size(); j += count)
              total += 1 - sums[j + 4] / (sums[j + 3] - sums[j + 2] * sums[j + 2] / sums[j + 1]);
            return total * count / static_cast<double>(sums.size());
          }};
}

Metrics::Metrics(std::vector<Metric> metrics) : metrics_(std::move(metrics)) {
  for (auto one = metrics_.begin(); one != metrics_.end(); ++one)
    if (std::any_of(metrics_.begin(), one, [&](const Metric& m) { return m.name == one->name; }))
      fail_usage("metrics", "two metrics are called \"", one->name, "\".");
  clear();
}

void Metrics::add(const Var& loss, const Var& output, const data::Batch& batch) {
  const double weight = batch.weight();
  sums_[0][0] += static_cast<double>(batch.size());
  sums_[0][1] += weight;
  if (weight > 0) sums_[0][2] += weight * static_cast<double>(loss.item());
  for (std::size_t i = 0; i < metrics_.size(); ++i)
    metrics_[i].add(output.value(), batch, sums_[i + 1]);
}

void Metrics::clear() {
  sums_.resize(metrics_.size() + 1);
  for (std::vector<double>& sums : sums_) sums.clear();
  sums_[0].resize(3);
}

std::size_t Metrics::samples() const { return static_cast<std::size_t>(sums_[0][0]); }
double Metrics::loss() const { return sums_[0][2] / sums_[0][1]; }

double Metrics::operator[](std::string_view name) const {
  if (samples() == 0) fail_usage("metrics", "no batch was added, so there is no value.");
  for (std::size_t i = 0; i < metrics_.size(); ++i)
    if (metrics_[i].name == name) return metrics_[i].value(sums_[i + 1]);
  fail_usage("metrics", "there is no metric \"", name, "\".");
}

Scores Metrics::scores() const {
  Scores scores;
  if (samples() == 0) return scores;
  for (const Metric& metric : metrics_) scores[metric.name] = (*this)[metric.name];
  return scores;
}

void Metrics::set_sums(const Sums& sums) {
  if (sums.size() != metrics_.size() + 1 || sums[0].size() != 3)
    fail_usage("metrics", "the sums are those of ", std::max<std::size_t>(1, sums.size()) - 1,
               " metrics, expected ", metrics_.size(), '.');
  sums_ = sums;
}

optim::State Metrics::state() const {
  optim::State state{"metrics"};
  state.fields["sums"] = to_text(sums_);
  return state;
}

void Metrics::set_state(const optim::State& state) {
  state.expect_kind("metrics");
  set_sums(to_sums(state));
}

void Position::next_epoch() {
  ++epoch;
  batch = 0;
  sums.clear();
}

optim::State Position::state() const {
  optim::State state{"position"};
  state.put("epoch", static_cast<double>(epoch));
  state.put("batch", static_cast<double>(batch));
  state.fields["sums"] = to_text(sums);
  return state;
}

void Position::set_state(const optim::State& state) {
  state.expect_kind("position");
  const std::size_t new_epoch = state.count("epoch"), new_batch = state.count("batch");
  sums = to_sums(state);
  epoch = new_epoch;
  batch = new_batch;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
