// The metrics that have a name: their sums over a batch, and their values.
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <reel/train/metrics.h>

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

// Calls f(weight, scores of the classes, label) for all samples of a batch.
template <class F>
void for_each_row(const std::string& metric, const Tensor& output, const data::Batch& batch,
                  F&& f) {
  if (output.dimension() != 2 || output.shape()[0] != batch.labels.size())
    fail_usage(metric, batch.labels.size(), " labels for outputs ", to_string(output.shape()),
               ", expected scores (batch,classes).");
  const std::size_t classes = output.shape()[1];
  for (std::size_t i = 0; i < batch.labels.size(); ++i)
    f(weight_of(batch, i), std::span<const Real>(output.data() + i * classes, classes),
      static_cast<std::size_t>(batch.labels[i]));
}

// Whether fewer than k scores are higher than that of the label, where of equal scores the first
// counts as higher; false if a score is NaN.
bool is_among_highest(std::span<const Real> scores, std::size_t label, std::size_t k) {
  if (label >= scores.size()) return false;
  std::size_t higher = 0;
  bool valid = true;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    higher += scores[c] > scores[label] || (scores[c] == scores[label] && c < label);
    valid &= scores[c] == scores[c];
  }
  return valid && higher < k;
}

// The share of samples whose label is among the k highest scores.
Metric among_highest(const std::string& name, std::size_t k) {
  return {name,
          [name, k](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            sums.resize(2);
            for_each_row(name, output, batch,
                         [&](double w, std::span<const Real> scores, std::size_t label) {
                           if (k > scores.size())
                             fail_usage(name, "there are only ", scores.size(), " classes.");
                           sums[0] += w;
                           if (is_among_highest(scores, label, k)) sums[1] += w;
                         });
          },
          [](const std::vector<double>& sums) { return sums[1] / sums[0]; }};
}

// The largest softmax of the scores: 1 / Σ exp(score − largest); NaN if a score is NaN.
double confidence(std::span<const Real> scores) {
  const auto largest = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
  double sum = 0;
  for (const Real score : scores) sum += std::exp(static_cast<double>(score) - largest);
  return 1 / sum;
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

Metric accuracy() { return among_highest("accuracy", 1); }

Metric top_k(std::size_t k) {
  if (k == 0) fail_usage("top_k", "k = 0, expected at least 1.");
  return among_highest(concat("top_", k), k);
}

// For each bin three sums: Σw, Σw·[correct], Σw·confidence.
Metric calibration_error(std::size_t bins) {
  constexpr std::size_t count = 3;
  if (bins == 0) fail_usage("calibration_error", "bins = 0, expected at least 1.");
  return {"calibration_error",
          [bins](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            sums.resize(count * bins);
            for_each_row("calibration_error", output, batch,
                         [&](double w, std::span<const Real> scores, std::size_t label) {
                           const double p = confidence(scores);
                           // a NaN goes into the first bin, whose error it makes NaN
                           const double m = std::ceil(p * static_cast<double>(bins)) - 1;
                           double* const s =
                               sums.data() +
                               count *
                                   (m > 0 ? std::min(bins - 1, static_cast<std::size_t>(m)) : 0);
                           s[0] += w;
                           if (is_among_highest(scores, label, 1)) s[1] += w;
                           if (w > 0) s[2] += w * p;
                         });
          },
          [](const std::vector<double>& sums) {
            double total = 0, error = 0;
            for (std::size_t b = 0; b < sums.size(); b += count) {
              total += sums[b];
              error += std::abs(sums[b + 1] - sums[b + 2]);
            }
            return error / total;
          }};
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

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
