// `reel-mnist predict`: shows images in the terminal, with their class probabilities.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <optional>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/data/digit.h>
#include <reel/data/images.h>
#include <reel/nn/plan.h>
#include <reel/report/drawing_page.h>
#include <reel/train/evaluate.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "model.h"
#include "refusals.h"

namespace reel::mnist {

using namespace apps;

namespace {

// An image to show, and what its line says of it.
struct Shown {
  Tensor image;
  std::string title;                 ///< such as "test image 4"
  nlohmann::ordered_json keys;       ///< that say in JSON which image it is
  std::optional<std::size_t> truth;  ///< its class, if it is known
};

constexpr std::size_t longest_bar = 24;  // of a probability of 1
constexpr std::size_t digit_pixels = pixels::digit_side * pixels::digit_side;
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
                                           const std::vector<std::string>& classes,
                                           std::optional<std::size_t> truth, std::size_t width) {
  std::size_t name_width = 0;
  for (const std::string& name : classes) name_width = std::max(name_width, width_of(name));
  const std::size_t used = 2 + name_width + 1 + 9 + 1;
  const std::size_t longest = width > used ? std::min(longest_bar, width - used) : 0;
  std::vector<std::string> lines;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const double p = probabilities.data()[c];
    lines.push_back(concat(c == truth ? "→ " : "  ", padded(classes[c], name_width), ' ',
                           padded(percent(p), 9, true), ' ', bar(p, longest)));
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

void print_text(const Shown& shown, const std::vector<std::string>& classes,
                const Tensor& probabilities, std::size_t guess) {
  const std::size_t page = output_width();
  std::string title = shown.title + ": ";
  if (shown.truth) title += classes[*shown.truth] + ", ";
  title += concat("taken for ", classes[guess]);
  if (shown.truth && *shown.truth != guess) title += " ✗";
  std::cout << paragraph(title, page) << '\n';
  std::vector<std::string> lines;
  if (shown.image.dimension() == 2) lines = draw(shown.image, colours());
  const std::size_t beside = lines.empty() ? 0 : shown.image.shape()[1] + 2;
  if (beside + narrowest_bars <= page) {
    lines = side_by_side(std::move(lines), shown.image.shape()[1],
                         probability_lines(probabilities, classes, shown.truth, page - beside));
  } else {
    for (std::string& line : probability_lines(probabilities, classes, shown.truth, page))
      lines.push_back(std::move(line));
  }
  for (const std::string& line : lines) std::cout << line << '\n';
  std::cout << '\n';
}

void print_json(const Shown& shown, const std::vector<std::string>& classes,
                const Tensor& probabilities, std::size_t guess) {
  nlohmann::ordered_json by_class = nlohmann::ordered_json::object();
  for (std::size_t c = 0; c < classes.size(); ++c) by_class[classes[c]] = probabilities.data()[c];
  nlohmann::ordered_json line = shown.keys;
  if (shown.truth) line["label"] = classes[*shown.truth];
  line["prediction"] = classes[guess];
  line["probabilities"] = std::move(by_class);
  std::cout << json_line(line) << std::flush;
}

std::vector<std::string> names_of_classes(const data::Dataset& dataset) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < dataset.classes(); ++c) names.push_back(dataset.class_name(c));
  return names;
}

// Runs a network on images and prints what it sees.
class Predictor {
 public:
  Predictor(LoadedModel& loaded, std::vector<std::string> classes, bool json)
      : classes_(std::move(classes)),
        json_(json),
        mode_(loaded.model),
        plan_(loaded.model, {1, loaded.architecture.layers.front()}) {}

  void show(const Shown& shown) {
    const Tensor& scores = plan_(reel::reshape(shown.image, plan_.input()));
    const Label guess = train::predicted_classes(scores)[0];
    if (!std::all_of(scores.begin(), scores.end(), [](Real x) { return std::isfinite(x); }))
      fail(Error::Kind::diverged, "predict", "outputs of the network for ", shown.title,
           " are not finite.");
    (json_ ? print_json : print_text)(shown, classes_, reel::softmax(scores),
                                      static_cast<std::size_t>(guess));
  }

 private:
  std::vector<std::string> classes_;
  bool json_;
  train::EvalMode mode_;
  nn::Plan plan_;
};

int predict_test_images(const PredictOptions& options, LoadedModel& loaded) {
  const data::Images images = data::load_images(options.data);
  const data::Dataset& test = images.test;
  check_fits(loaded.architecture, test, options.load);
  warn_of_other_data(loaded.architecture, test);
  if (options.index >= test.size() || options.count > test.size() - options.index)
    fail_usage("predict", "images ", options.index, " to ", options.index + options.count - 1,
               " of a test set that has ", test.size(), '.');
  Predictor predictor(loaded, names_of_classes(test), options.json);
  for (std::size_t i = options.index; i < options.index + options.count; ++i)
    predictor.show({test.sample(i),
                    concat("test image ", i),
                    {{"index", i}},
                    static_cast<std::size_t>(test.label(i))});
  return 0;
}

// What files are compared with: the images that the network was trained on if --data has them, or
// else those of MNIST.
struct TrainingSet {
  std::vector<std::string> classes;
  bool of_characters = true, light_paper = false;
};

// Whether most of the first images are dark on light.
bool has_light_paper(const data::Dataset& set) {
  constexpr std::size_t enough = 100;
  const std::size_t count = std::min(enough, set.size());
  std::size_t light = 0;
  for (std::size_t i = 0; i < count && set.sample_shape().size() == 2; ++i) {
    pixels::Picture picture{set.sample_shape()[0], set.sample_shape()[1], {}};
    for (const Real level : set.sample(i))
      picture.bytes.push_back(
          static_cast<std::uint8_t>(level > 0 ? std::min(level, Real(1)) * Real(255) : 0));
    light += pixels::has_light_paper(picture);
  }
  return 2 * light > count;
}

TrainingSet training_set(const PredictOptions& options, const Architecture& network) {
  TrainingSet result;
  if (std::filesystem::exists(options.data)) {
    const data::Dataset set = data::load_images(options.data).test;
    if (set.name() == network.data && set.classes() == network.layers.back())
      return {names_of_classes(set), report::framing_of(set) == report::Framing::mnist,
              has_light_paper(set)};
  }
  for (std::size_t c = 0; c < network.layers.back(); ++c)
    result.classes.push_back(std::to_string(c));
  return result;
}

// Whether a picture is a drawing for a network that takes characters of 28×28: it has another size,
// or dark ink and the images that the network knows have light ink.
bool looks_drawn(const pixels::Picture& picture, std::size_t inputs, const TrainingSet& set) {
  if (inputs != digit_pixels || !set.of_characters) return false;
  return picture.bytes.size() != inputs || (pixels::has_light_paper(picture) && !set.light_paper);
}

// The picture as the network takes it. `name` is for messages.
Tensor input_of(const pixels::Picture& picture, std::size_t inputs, const std::string& name) {
  if (picture.bytes.size() != inputs)
    fail(Error::Kind::input, "predict", name, ": images of ", picture.rows, "×", picture.columns,
         " pixels do not fit the network, which takes ", inputs, '.',
         inputs == digit_pixels ? " Hint: --drawn scales a drawn digit to 28×28." : "");
  Tensor image = uninitialized({picture.rows, picture.columns});
  std::transform(picture.bytes.begin(), picture.bytes.end(), image.begin(),
                 [](std::uint8_t pixel) { return static_cast<Real>(pixel) / Real(255); });
  return image;
}

int predict_files(const PredictOptions& options, LoadedModel& loaded) {
  const std::size_t inputs = loaded.architecture.layers.front();
  const TrainingSet set = training_set(options, loaded.architecture);
  Predictor predictor(loaded, set.classes, options.json);
  for (const std::string& file : options.files) {
    const std::string name = file == "-" ? "standard input" : absolute_name(file);
    const pixels::Pictures all = pixels::read_pictures(file == "-" ? "/dev/stdin" : file);
    for (std::size_t i = 0; i < all.pictures.size(); ++i) {
      const pixels::Picture& picture = all.pictures[i];
      const bool drawn =
          options.drawn || (!options.as_is && !all.idx && looks_drawn(picture, inputs, set));
      const std::optional<pixels::Picture> digit = drawn ? pixels::centred_digit(picture) : picture;
      if (!digit)
        fail(Error::Kind::input, "predict", name, ": image ", i, " shows nothing but paper.");
      predictor.show({input_of(*digit, inputs, name),
                      concat(all.pictures.size() == 1 ? name : concat(name, ", image ", i),
                             drawn ? " (a drawn digit)" : ""),
                      {{"file", file}, {"index", i}, {"drawn", drawn}},
                      std::nullopt});
    }
  }
  return 0;
}

}  // namespace

int predict(const PredictOptions& options) {
  expect_effect(!options.files.empty(), options.drawn, "drawn", "without files");
  expect_effect(!options.files.empty(), options.as_is, "as-is", "without files");
  expect_effect(options.files.empty(), options.index != 0, "index", "with files");
  expect_effect(options.files.empty(), options.count != 1, "count", "with files");
  LoadedModel loaded = load(options.load);
  return options.files.empty() ? predict_test_images(options, loaded)
                               : predict_files(options, loaded);
}

}  // namespace reel::mnist
