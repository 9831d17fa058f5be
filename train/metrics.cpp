// The sums of metrics, and their text in a state.
#include <reel/train/metrics.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

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
