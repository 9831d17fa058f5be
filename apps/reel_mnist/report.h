// Evaluations as text and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include <reel/data/dataset.h>
#include <reel/train/evaluate.h>

namespace reel::mnist {

/// The confusion matrix with each class's accuracy: a row for each true class.
std::string confusion_table(const train::Confusion& confusion, const data::Dataset& dataset);

/// Accuracy, loss, accuracy of each class and confusion matrix; all keys begin with `prefix`.
nlohmann::ordered_json to_json(const train::Evaluation& evaluation, const data::Dataset& dataset);

}  // namespace reel::mnist
