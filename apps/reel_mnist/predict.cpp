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

constexpr std::size_t longest_bar = 24;     // of a probability of 1
constexpr std::size_t narrowest_bars = 40;  // columns for names, probabilities and bars

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

// The probability of each class, with a bar, in lines of at most `width` characters if that leaves
// space for the bars.
std::vector<std::string> probability_lines(const Tensor& probabilities,
                                           const data::Dataset& dataset, std::size_t truth,
                                           std::size_t width) {
  std::size_t name_width = 0;
  for (std::size_t c = 0; c < dataset.classes(); ++c)
    name_width = std::max(name_width, width_of(dataset.class_name(c)));
  const std::size_t used = 2 + name_width + 1 + 9 + 1;
  const auto longest = static_cast<double>(width > used ? std::min(longest_bar, width - used) : 0);
  std::vector<std::string> lines;
  for (std::size_t c = 0; c < dataset.classes(); ++c) {
    const double p = probabilities.data()[c];
    std::string bar;
    for (int i = 0; i < static_cast<int>(std::lround(longest * p)); ++i) bar += "█";
    lines.push_back(concat(c == truth ? "→ " : "  ", padded(dataset.class_name(c), name_width), ' ',
                           padded(percent(p), 9, true), ' ', bar));
  }
  return lines;
}

// Two blocks of lines side by side, the right one in the middle of the left one's height.
std::vector<std::string> side_by_side(std::vector<std::string> left, std::size_t left_width,
                                      const std::vector<std::string>& right) {
  if (left.size() < right.size()) left.resize(right.size(), std::string(left_width, ' '));
  const std::size_t first = (left.size() - right.size()) / 2;
  for (std::size_t i = 0; i < right.size(); ++i) left[first + i] += "  " + right[i];
  return left;
}

void print_text(const data::Dataset& dataset, std::size_t index, const Tensor& probabilities,
                std::size_t guess) {
  const auto truth = static_cast<std::size_t>(dataset.label(index));
  const std::size_t page = output_width();
  std::cout << paragraph(
                   concat("test image ", index, ": ", dataset.class_name(truth), ", taken for ",
                          dataset.class_name(guess), truth == guess ? "" : " ✗"),
                   page)
            << '\n';
  const Tensor image = dataset.sample(index);
  std::vector<std::string> lines;
  if (image.dimension() == 2) lines = draw(image, colours());
  const std::size_t beside = lines.empty() ? 0 : image.shape()[1] + 2;
  if (beside + narrowest_bars <= page) {
    lines = side_by_side(std::move(lines), image.shape()[1],
                         probability_lines(probabilities, dataset, truth, page - beside));
  } else {
    for (std::string& line : probability_lines(probabilities, dataset, truth, page))
      lines.push_back(std::move(line));
  }
  for (const std::string& line : lines) std::cout << line << '\n';
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
