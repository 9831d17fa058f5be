// `reel-mnist predict`: shows test images in the terminal, with their class probabilities.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

#include <reel/autodiff/tensor/kernels.h>
#include <reel/data/images.h>
#include <reel/nn/plan.h>
#include <reel/train/evaluate.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "model.h"

namespace reel::mnist {

using namespace apps;

namespace {

std::size_t grey_level(Real pixel, std::size_t levels) {
  const double share = std::clamp(static_cast<double>(pixel), 0.0, 1.0);
  return std::min(levels - 1, static_cast<std::size_t>(share * static_cast<double>(levels)));
}

// Each line of text shows two rows of pixels, since a character is twice as high as wide.
std::vector<std::string> draw(const Tensor& image, bool colour) {
  const std::size_t rows = image.shape()[0], columns = image.shape()[1];
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < rows; i += 2) {
    std::string line;
    for (std::size_t j = 0; j < columns; ++j) {
      const Real top = image(i, j), bottom = i + 1 < rows ? image(i + 1, j) : Real(0);
      if (colour)  // the upper half block: 256-colour greys, 232 (black) to 255
        line += concat("\x1b[38;5;", 232 + grey_level(top, 24), ";48;5;",
                       232 + grey_level(bottom, 24), "m▀");
      else
        line += " .:-=+*#%@"[grey_level((top + bottom) / 2, 10)];
    }
    lines.push_back(colour ? line + "\x1b[0m" : line);
  }
  return lines;
}

std::vector<std::string> probability_lines(const Tensor& probabilities,
                                           const data::Dataset& dataset, std::size_t truth) {
  std::vector<std::string> lines;
  std::size_t name_width = 0;
  for (std::size_t c = 0; c < dataset.classes(); ++c)
    name_width = std::max(name_width, dataset.class_name(c).size());
  for (std::size_t c = 0; c < dataset.classes(); ++c) {
    const double p = probabilities.data()[c];
    std::string bar;
    for (int i = 0; i < static_cast<int>(std::lround(24 * p)); ++i) bar += "█";
    lines.push_back(concat(c == truth ? "→ " : "  ", padded(dataset.class_name(c), name_width), ' ',
                           padded(percent(p), 9, true), ' ', bar));
  }
  return lines;
}

void print_text(const data::Dataset& dataset, std::size_t index, const Tensor& probabilities,
                std::size_t guess) {
  const auto truth = static_cast<std::size_t>(dataset.label(index));
  std::cout << "test image " << index << ": " << dataset.class_name(truth) << ", taken for "
            << dataset.class_name(guess) << (truth == guess ? "" : "  ✗") << "\n\n";
  const Tensor image = dataset.sample(index);
  const bool picture = image.dimension() == 2;
  const auto left = picture ? draw(image, colours()) : std::vector<std::string>();
  const auto right = probability_lines(probabilities, dataset, truth);
  const std::size_t offset = left.size() > right.size() ? (left.size() - right.size()) / 2 : 0;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    if (picture)
      std::cout << (i < left.size() ? left[i] : std::string(image.shape()[1], ' ')) << "  ";
    if (i >= offset && i - offset < right.size()) std::cout << right[i - offset];
    std::cout << '\n';
  }
  std::cout << '\n';
}

void print_json(const data::Dataset& dataset, std::size_t index, const Tensor& probabilities,
                std::size_t guess) {
  nlohmann::ordered_json by_class = nlohmann::ordered_json::object();
  for (std::size_t c = 0; c < dataset.classes(); ++c)
    by_class[dataset.class_name(c)] = probabilities.data()[c];
  const auto truth = static_cast<std::size_t>(dataset.label(index));
  std::cout << json_line({{"index", index},
                          {"label", dataset.class_name(truth)},
                          {"prediction", dataset.class_name(guess)},
                          {"probabilities", std::move(by_class)}});
}

}  // namespace

int predict(const PredictOptions& options) {
  LoadedModel loaded = load(options.load);
  const data::Images images = data::load_images(options.data);
  const data::Dataset& test = images.test;
  check_fits(loaded.architecture, test, options.load);
  warn_of_other_data(loaded.architecture, test);
  if (options.index >= test.size() || options.count > test.size() - options.index)
    fail_usage("predict", "images ", options.index, " to ", options.index + options.count - 1,
               " of a test set that has ", test.size(), '.');
  const train::EvalMode mode(loaded.model);
  nn::Plan plan(loaded.model, {1, test.features()});
  for (std::size_t i = options.index; i < options.index + options.count; ++i) {
    const Tensor& scores = plan(reel::reshape(test.sample(i), {1, test.features()}));
    const Label guess = train::predicted_classes(scores)[0];
    if (!std::all_of(scores.begin(), scores.end(), [](Real x) { return std::isfinite(x); }))
      fail(Error::Kind::diverged, "predict", "outputs of the network for image ", i,
           " are not finite.");
    const Tensor probabilities = reel::softmax(scores);
    (options.json ? print_json : print_text)(test, i, probabilities,
                                             static_cast<std::size_t>(guess));
  }
  return 0;
}

}  // namespace reel::mnist
