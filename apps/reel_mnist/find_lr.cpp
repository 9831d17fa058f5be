// Prints and draws the learning-rate range test.
#include "find_lr.h"

#include <algorithm>
#include <iostream>
#include <limits>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/plot/plot.h>

#include "../common/output.h"
#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

namespace {

// The first rate at which a tenth of the whole fall is reached, and the rate of the lowest loss.
std::pair<double, double> useful_range(const optim::RateCurve& curve) {
  const auto& y = curve.smoothed;
  const auto lowest = std::min_element(y.begin(), y.end());
  const double level = y.front() - 0.1 * (y.front() - *lowest);
  const auto first = std::find_if(y.begin(), lowest, [&](double loss) { return loss <= level; });
  const auto rate_of = [&](auto place) {
    return curve.rates[static_cast<std::size_t>(place - y.begin())];
  };
  return {rate_of(first), rate_of(lowest)};
}

// A line for some of the rates: the rate, the loss, and a bar as long as the loss.
std::string table(const optim::RateCurve& curve) {
  constexpr std::size_t most_lines = 21, bar_width = 15;
  const std::size_t every = (curve.rates.size() + most_lines - 1) / most_lines;
  const double highest = *std::max_element(curve.smoothed.begin(), curve.smoothed.end());
  std::string text = "      rate      loss\n";
  for (std::size_t i = 0; i < curve.rates.size(); i += every) {
    const double share = highest > 0 ? curve.smoothed[i] / highest : 0;
    text += concat(padded(significant(curve.rates[i], 2), 10, true),
                   padded(significant(curve.smoothed[i], 4), 10, true), "  ", bar(share, bar_width),
                   '\n');
  }
  return text;
}

// Leaves out the losses that have grown so much that the fall before could not be seen beside them.
std::vector<double> visible(std::vector<double> losses) {
  const double most = 1.5 * losses.front();
  for (double& loss : losses)
    if (loss > most) loss = std::numeric_limits<double>::quiet_NaN();
  return losses;
}

plot::Picture picture(const Training& training, const optim::RateCurve& curve) {
  plot::Chart chart{
      concat("Loss after a step with each rate; steepest at ", significant(curve.suggestion, 2)),
      {"learning rate", true},
      {"mean cross-entropy (nats)"},
      {{"of a batch", curve.rates, visible(curve.losses), plot::Style::dots},
       {"smoothed", curve.rates, visible(curve.smoothed)}}};
  return {concat(training.network.architecture.text(), " on ", training.test.name(), ", ",
                 training.options.optimizer),
          {chart},
          1};
}

}  // namespace

int find_lr(Training& training) {
  const optim::RateCurve curve = training.find_rate();
  const auto [first, last] = useful_range(curve);
  const std::string& plot_path = training.options.plot;
  if (!plot_path.empty()) write_file(plot_path, "plot", plot::svg(picture(training, curve)));
  if (training.options.json) {
    std::cout << json_line({{"suggestion", curve.suggestion},
                            {"from", first},
                            {"to", last},
                            {"rates", curve.rates},
                            {"losses", curve.losses},
                            {"smoothed", curve.smoothed}});
    return 0;
  }
  std::cout << table(curve) << '\n'
            << paragraph(concat("The loss falls at rates from ", significant(first, 2), " to ",
                                significant(last, 2), ", most steeply at ",
                                significant(curve.suggestion, 2), ". Try --lr ",
                                significant(curve.suggestion, 1), '.'),
                         output_width());
  if (!plot_path.empty()) std::cout << "Drawn in " << printable(plot_path) << ".\n";
  return 0;
}

}  // namespace reel::mnist
