// The training costs of several settings with several seeds, as one chart.
#include "cost_chart.h"

#include <algorithm>
#include <utility>

#include <reel/autodiff/core/error.h>

#include "statistics.h"

namespace reel::apps {

plot::Series banded(const CostRuns& setting) {
  const auto& runs = setting.runs;
  const auto shorter = [](auto& a, auto& b) { return a.size() < b.size(); };
  const std::size_t epochs = std::min_element(runs.begin(), runs.end(), shorter)->size();
  plot::Series series{setting.name, {}, {}};
  for (std::size_t i = 0; i < epochs; ++i) {
    std::vector<double> here;
    for (const std::vector<double>& run : runs) here.push_back(run[i]);
    const Estimate e = estimate(here);
    series.x.push_back(static_cast<double>(i + 1));
    series.y.push_back(e.mean);
    series.low.push_back(e.mean - e.deviation);
    series.high.push_back(e.mean + e.deviation);
  }
  return series;
}

plot::Chart cost_chart(std::span<const CostRuns> settings) {
  plot::Chart chart{
      .title = concat("Mean ± standard deviation of ", settings.front().runs.size(), " seeds"),
      .x = {.label = "epoch", .whole = true},
      .y = {.label = "training cost (nats), mean during the epoch", .logarithmic = true}};
  for (const CostRuns& setting : settings)
    if (plot::Series series = banded(setting); !series.x.empty())
      chart.series.push_back(std::move(series));
  return chart;
}

}  // namespace reel::apps
