// Draws losses and accuracies as charts.
#include "curves.h"

#include <algorithm>

#include <reel/autodiff/core/error.h>

namespace reel::mnist {
namespace {

// The values under a key, in the epochs that have one.
plot::Series series(const std::string& name, const std::vector<nlohmann::ordered_json>& epochs,
                    const std::string& key, double factor) {
  constexpr std::size_t few = 30;  // more dots would hide the line
  plot::Series found{
      name, {}, {}, epochs.size() <= few ? plot::Style::line_and_dots : plot::Style::line};
  for (const nlohmann::ordered_json& epoch : epochs) {
    const auto value = epoch.find(key);
    if (value == epoch.end() || !value->is_number()) continue;
    found.x.push_back(epoch.at("epoch").get<double>());
    found.y.push_back(factor * value->get<double>());
  }
  return found;
}

// The point of the best epoch, on the line that --patience judges; none if there is no other epoch.
std::vector<plot::Marker> best(const std::vector<nlohmann::ordered_json>& epochs,
                               const std::string& monitor, const std::string& shown,
                               double factor) {
  if (epochs.size() < 2) return {};
  for (const std::string key : {"averaged_validation_", "validation_"}) {
    const plot::Series judged = series("", epochs, key + monitor, monitor == "loss" ? -1 : 1),
                       place = series("", epochs, key + shown, factor);
    if (judged.y.empty()) continue;
    const auto at = static_cast<std::size_t>(std::max_element(judged.y.begin(), judged.y.end()) -
                                             judged.y.begin());
    return {{place.x.at(at), place.y.at(at),
             concat("best, epoch ", epochs[at].at("epoch").get<std::size_t>())}};
  }
  return {};
}

}  // namespace

plot::Picture training_curves(const std::string& title,
                              const std::vector<nlohmann::ordered_json>& epochs,
                              const std::string& monitor) {
  const plot::Axis by_epoch{.label = "epoch", .whole = true};
  plot::Chart losses{"Loss (training: mean during the epoch; others: after it)",
                     by_epoch,
                     {"mean cross-entropy (nats)"}};
  plot::Chart accuracies{"Accuracy after the epoch", by_epoch, {"images recognised (%)"}};
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
  losses.markers = best(epochs, monitor, "loss", 1);
  accuracies.markers = best(epochs, monitor, "accuracy", 100);
  return {title, {losses, accuracies}};
}

}  // namespace reel::mnist
