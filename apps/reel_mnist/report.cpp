// Tables and JSON.
#include "report.h"

#include <algorithm>

#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

std::string confusion_table(const train::Confusion& confusion, const data::Dataset& dataset) {
  const std::size_t classes = confusion.classes();
  std::size_t name_width = 0;
  for (std::size_t c = 0; c < classes; ++c)
    name_width = std::max(name_width, dataset.class_name(c).size());
  constexpr std::size_t cell = 6;
  std::string text = std::string(name_width + 5, ' ');
  for (std::size_t c = 0; c < classes; ++c) text += padded(std::to_string(c), cell, true);
  text += padded("right", 11, true) + '\n';
  for (std::size_t truth = 0; truth < classes; ++truth) {
    text += padded(std::to_string(truth), 3, true) + "  " +
            padded(dataset.class_name(truth), name_width);
    for (std::size_t guess = 0; guess < classes; ++guess) {
      const std::size_t count = confusion(truth, guess);
      text += padded(count ? std::to_string(count) : "·", cell, true);
    }
    text += padded(percent(confusion.accuracy(truth)), 11, true) + '\n';
  }
  return text;
}

nlohmann::ordered_json to_json(const train::Evaluation& evaluation, const data::Dataset& dataset) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  nlohmann::ordered_json by_class = nlohmann::ordered_json::object();
  for (std::size_t truth = 0; truth < evaluation.confusion.classes(); ++truth) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (std::size_t guess = 0; guess < evaluation.confusion.classes(); ++guess)
      row.push_back(evaluation.confusion(truth, guess));
    rows.push_back(std::move(row));
    by_class[dataset.class_name(truth)] = evaluation.confusion.accuracy(truth);
  }
  return {{"test_accuracy", evaluation.accuracy()},
          {"test_loss", evaluation.loss},
          {"class_accuracy", std::move(by_class)},
          {"confusion", std::move(rows)}};
}

}  // namespace reel::mnist
