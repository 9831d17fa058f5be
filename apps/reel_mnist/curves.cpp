// Draws losses and accuracies as charts.
#include "curves.h"

namespace reel::mnist {
namespace {

// The values under a key, in the epochs that have one.
plot::Series series(const std::string& name, const std::vector<nlohmann::ordered_json>& epochs,
                    const std::string& key, double factor) {
  plot::Series found{name, {}, {}, plot::Style::line_and_dots};
  for (const nlohmann::ordered_json& epoch : epochs) {
    const auto value = epoch.find(key);
    if (value == epoch.end() || !value->is_number()) continue;
    found.x.push_back(epoch.at("epoch").get<double>());
    found.y.push_back(factor * value->get<double>());
  }
  return found;
}

}  // namespace

plot::Picture training_curves(const std::string& title,
                              const std::vector<nlohmann::ordered_json>& epochs) {
  plot::Chart losses{"Loss", {"epoch"}, {"mean cross-entropy (nats)"}};
  plot::Chart accuracies{"Accuracy", {"epoch"}, {"images recognised (%)"}};
  const auto add = [&](plot::Chart& chart, const std::string& name, const std::string& key,
                       double factor) {
    plot::Series one = series(name, epochs, key, factor);
    if (!one.x.empty()) chart.series.push_back(std::move(one));
  };
  add(losses, "training", "train_loss", 1);
  for (const auto& [name, key] : {std::pair("validation", "validation"),
                                  {"validation, averaged", "averaged_validation"},
                                  {"test", "test"},
                                  {"test, averaged", "averaged_test"}}) {
    add(losses, name, std::string(key) + "_loss", 1);
    add(accuracies, name, std::string(key) + "_accuracy", 100);
  }
  return {title, {losses, accuracies}};
}

}  // namespace reel::mnist
