// The training costs of several settings with several seeds, as one chart.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <reel/plot/plot.h>

namespace reel::apps {

/// The training costs of one setting, one run for each seed: runs[seed][epoch].
struct CostRuns {
  std::string name;                       ///< in the legend
  std::vector<std::vector<double>> runs;  ///< at least one; they may differ in length
};

/// The mean of the runs against the epoch, from 1 to the end of the shortest run. Its band goes
/// from the mean − standard deviation to the mean + standard deviation (of the sample, n − 1); the
/// ends are NaN, so that no band is drawn, if there is one run.
plot::Series banded(const CostRuns& setting);

/// The banded curves of all settings that have an epoch, with a logarithmic axis of costs. The
/// title counts the seeds of the first setting.
plot::Chart cost_chart(std::span<const CostRuns> settings);

}  // namespace reel::apps
