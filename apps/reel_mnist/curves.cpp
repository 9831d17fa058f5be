// Draws losses and accuracies as charts.
#include "curves.h"

namespace reel::mnist {

plot::Picture training_curves(const std::string& title,
                              const std::vector<train::EpochReport>& epochs) {
  const plot::Style style = plot::Style::line_and_dots;
  plot::Series train_loss{"training", {}, {}, style}, validation_loss{"validation", {}, {}, style},
      test_loss{"test", {}, {}, style};
  plot::Series validation = validation_loss, test = test_loss;
  const auto add = [](plot::Series& series, const train::EpochReport& report, double y) {
    series.x.push_back(static_cast<double>(report.epoch));
    series.y.push_back(y);
  };
  for (const train::EpochReport& report : epochs) {
    add(train_loss, report, report.train_loss);
    add(test_loss, report, report.test->loss);
    add(test, report, 100 * report.test->accuracy());
    if (!report.validation) continue;
    add(validation_loss, report, report.validation->loss);
    add(validation, report, 100 * report.validation->accuracy());
  }
  plot::Chart losses{"Loss", {"epoch"}, {"mean cross-entropy (nats)"}, {train_loss}};
  plot::Chart accuracies{"Accuracy", {"epoch"}, {"images recognised (%)"}};
  if (!validation.x.empty()) {
    losses.series.push_back(validation_loss);
    accuracies.series.push_back(validation);
  }
  losses.series.push_back(test_loss);
  accuracies.series.push_back(test);
  return {title, {losses, accuracies}};
}

}  // namespace reel::mnist
