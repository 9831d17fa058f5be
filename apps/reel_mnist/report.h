// Evaluations as text and as JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include <reel/data/dataset.h>
#include <reel/nn/module.h>
#include <reel/train/evaluate.h>

namespace reel::mnist {

/// How each class was recognised, with a line that says what the table shows: the confusion matrix,
/// with precision, recall and F1 beside it; or, if that is wider than `width`, these three and the
/// two classes that a class is most often taken for.
std::string confusion_table(const train::Confusion& confusion, const data::Dataset& dataset,
                            std::size_t width);

/// The parts of a model, with the shapes and the number of their parameters, in lines of at most
/// `width` characters.
std::string summary_table(nn::Module& model, std::size_t width);

/// Accuracy and loss, with the name of the images in their keys ("test_accuracy"); macro F1; the
/// calibration error, if the evaluation has it; accuracy (which is the recall), precision and F1 of
/// each class; and the confusion matrix.
nlohmann::ordered_json to_json(const train::Evaluation& evaluation, const data::Dataset& dataset,
                               const std::string& name);

}  // namespace reel::mnist
