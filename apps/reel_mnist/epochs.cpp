// Formats the results of epochs.
#include "epochs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <reel/nn/state_dict.h>

#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

namespace {

using Report = train::EpochReport;

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// "0.3512"; a loss that would be wider than its column, "1.784e+35".
std::string loss_text(double loss) {
  return std::abs(loss) < 1e5 ? fixed(loss, 4) : significant(loss, 4);
}

void add(nlohmann::ordered_json& json, const std::string& name,
         const std::optional<train::Evaluation>& evaluation) {
  if (!evaluation) return;
  json[name + "_loss"] = evaluation->loss;
  json[name + "_accuracy"] = evaluation->accuracy();
}

}  // namespace

nlohmann::ordered_json epoch_results(const Report& report) {
  nlohmann::ordered_json json{{"epoch", report.epoch}, {"train_loss", report.train_loss}};
  for (const auto& [name, value] : report.metrics) json["train_" + name] = value;
  add(json, "validation", report.validation);
  add(json, "averaged_validation", report.averaged_validation);
  add(json, "test", report.test);
  add(json, "averaged_test", report.averaged_test);
  return json;
}

report::EpochScores scores_of(const nlohmann::ordered_json& results) {
  const auto number = [&](const std::string& key) {
    const auto value = results.find(key);  // null: not finite
    return value != results.end() && value->is_number() ? value->get<double>() : std::nan("");
  };
  const auto score = [&](const std::string& name) {
    return results.contains(name + "_loss")
               ? std::optional(report::Score{number(name + "_loss"), number(name + "_accuracy")})
               : std::nullopt;
  };
  return {.epoch = results.at("epoch").get<std::size_t>(),
          .train_loss = number("train_loss"),
          .validation = score("validation"),
          .test = score("test"),
          .averaged_validation = score("averaged_validation"),
          .averaged_test = score("averaged_test")};
}

nlohmann::ordered_json epoch_json(const Report& report, const std::string& weights, double lr) {
  nlohmann::ordered_json json = epoch_results(report);
  json["lr"] = lr;
  json["weights"] = weights;
  json["seconds"] = report.seconds;
  json["samples_per_second"] = report.samples_per_second();
  return json;
}

nlohmann::ordered_json log_json(const Report& report, const nn::Module& model) {
  nlohmann::ordered_json json = epoch_results(report);
  json["weights"] = nn::fingerprint_text(model);
  nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
  for (const auto& [path, value] : nn::state_dict(model))
    tensors.push_back({path, nn::fingerprint_text({{path, value}})});
  json["tensors"] = std::move(tensors);
  return json;
}

EpochTable::EpochTable(Has has, std::size_t width) {
  columns_ = {
      {"epoch", 5, 9,
       [](const Report& r, const std::string&, double) { return std::to_string(r.epoch); }},
      {"train loss", 12, 5,
       [](const Report& r, const std::string&, double) { return loss_text(r.train_loss); }},
      {"validation", 12, 7,
       [](const Report& r, const std::string&, double) {
         return percent(r.validation->accuracy());
       }},
      {"test", 10, 8,
       [](const Report& r, const std::string&, double) { return percent(r.test->accuracy()); }},
      {"averaged", 10, 6,
       [](const Report& r, const std::string&, double) {
         return percent(r.averaged_test->accuracy());
       }},
      {"rate", 11, 3,
       [](const Report&, const std::string&, double lr) { return significant(lr, 3); }},
      {"seconds", 9, 4,
       [](const Report& r, const std::string&, double) { return fixed(r.seconds, 2); }},
      {"samples/s", 12, 2,
       [](const Report& r, const std::string&, double) {
         return grouped(static_cast<std::size_t>(r.samples_per_second()));
       }},
      {"weights", 18, 3, [](const Report&, const std::string& weights, double) { return weights; }},
  };
  std::erase_if(columns_, [&](const Column& column) {
    return (column.name == "validation" && !has.validation) ||
           (column.name == "averaged" && !has.averaged) || (column.name == "rate" && !has.rate);
  });
  const auto total = [&] {
    std::size_t sum = 0;
    for (const Column& column : columns_) sum += column.width;
    return sum;
  };
  while (total() > width && columns_.size() > 1)
    columns_.erase(std::min_element(
        columns_.begin(), columns_.end(),
        [](const Column& a, const Column& b) { return a.importance < b.importance; }));
}

std::string EpochTable::header() const {
  std::string line;
  for (const Column& column : columns_) line += padded(column.name, column.width, true);
  return line + '\n';
}

std::string EpochTable::row(const Report& report, const std::string& weights, double lr) const {
  std::string line;
  for (const Column& column : columns_)
    line += padded(column.text(report, weights, lr), column.width, true);
  return line + '\n';
}

}  // namespace reel::mnist
