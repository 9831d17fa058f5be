// `reel-mnist data`: checks a set of images, and describes it.
#include <algorithm>
#include <iostream>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/hash.h>
#include <reel/data/images.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "survey.h"

namespace reel::mnist {

using namespace apps;

namespace {

namespace fs = std::filesystem;

struct Inspection {
  fs::path path;
  data::Images images;
  Survey train = survey(images.train), test = survey(images.test);
  Repeats shared = shared_images(train, test);

  std::string fingerprint() const {
    return hash_text(mnist::fingerprint(train, test, images.train));
  }
};

// The bytes of a file, or of all files in a folder.
std::uintmax_t size_of(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return fs::file_size(path, ignored);
  std::uintmax_t sum = 0;
  for (fs::directory_iterator entry(path, ignored); entry != fs::directory_iterator();
       entry.increment(ignored))
    if (entry->is_regular_file(ignored)) sum += entry->file_size(ignored);
  return sum;
}

// "28×28".
std::string size_text(const Shape& shape) {
  std::string text;
  for (const std::size_t size : shape) text += concat(text.empty() ? "" : "×", size);
  return text;
}

// At most `width` characters; of a longer text the end, which tells file names apart.
std::string end_of(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t start = 0;
  for (std::size_t left = width_of(text); left >= width; --left) do
      ++start;
    while (start < text.size() && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80);
  return "…" + text.substr(start);
}

constexpr std::size_t number_width = 9, gap = 2;

// A line with a text, and a number for each half.
void print_row(const std::string& text, std::size_t width, const std::string& train,
               const std::string& test) {
  std::cout << padded(text, width) << padded(train, gap + number_width, true)
            << padded(test, gap + number_width, true) << '\n';
}

void print_files(const Inspection& found, std::size_t width) {
  const std::vector<fs::path>& files = found.images.files;
  constexpr std::size_t most = 12, size_width = 19;
  const std::size_t name_width = std::min<std::size_t>(width - size_width, 40);
  for (std::size_t i = 0; i < std::min(most, files.size()); ++i) {
    const bool is_whole = files[i] == found.path;
    const fs::path name = is_whole ? files[i].filename() : files[i].lexically_relative(found.path);
    std::cout << padded(end_of(printable(name.string()), name_width), name_width)
              << padded(counted(size_of(files[i]), "byte"), size_width, true) << '\n';
  }
  if (files.size() > most) std::cout << "… and " << grouped(files.size() - most) << " more\n";
}

void print_balance(const Inspection& found, std::size_t width) {
  const data::Dataset& set = found.images.train;
  std::size_t name_width = 0, largest = 1;
  for (std::size_t c = 0; c < set.classes(); ++c) {
    name_width = std::max(name_width, width_of(printable(set.class_name(c))));
    largest = std::max(largest, found.train.per_class[c]);
  }
  name_width = std::clamp<std::size_t>(name_width, 5, std::max<std::size_t>(11, width / 4));
  const std::size_t used = name_width + 2 * (gap + number_width) + gap;
  const std::size_t longest = std::min<std::size_t>(width > used ? width - used : 0, 40);
  print_row("class", name_width, "train", "test");
  for (std::size_t c = 0; c < set.classes(); ++c) {
    const std::size_t n = found.train.per_class[c];
    const std::string blocks = bar(static_cast<double>(n) / static_cast<double>(largest), longest);
    std::cout << padded(end_of(printable(set.class_name(c)), name_width), name_width)
              << padded(grouped(n), gap + number_width, true)
              << padded(grouped(found.test.per_class[c]), gap + number_width, true)
              << (blocks.empty() ? "" : "  ") << blocks << '\n';
  }
}

void print_text(const Inspection& found) {
  const data::Images& images = found.images;
  const std::size_t width = output_width();
  std::cout << paragraph(
      concat(end_of(printable(images.train.name()), width - 1), ": ", images.format, ", ",
             images.number_type, ", ", size_text(images.train.sample_shape()), " pixels, ",
             counted(images.train.classes(), "class", "classes")),
      width);
  if (!images.note.empty()) std::cout << paragraph(images.note, width);
  std::cout << "fingerprint " << found.fingerprint() << "\n\n";
  print_files(found, width);
  std::cout << '\n';
  const auto row = [](const char* text, const auto& value_of, const auto& train, const auto& test) {
    constexpr std::size_t text_width = 18;
    print_row(text, text_width, value_of(train), value_of(test));
  };
  const auto number = [&](const char* text, double Survey::*member) {
    row(
        text, [&](const Survey& half) { return significant(half.*member, 4); }, found.train,
        found.test);
  };
  const auto count = [&](const char* text, const auto& count_of) {
    row(
        text, [&](const Survey& half) { return grouped(count_of(half)); }, found.train, found.test);
  };
  const auto test_only = [&](const char* text, std::size_t value) {
    row(
        text, [](const std::string& shown) { return shown; }, std::string(), grouped(value));
  };
  row(
      "", [](const char* name) { return std::string(name); }, "train", "test");
  count("images", [](const Survey& half) { return half.hashes.size(); });
  number("mean", &Survey::mean);
  number("standard deviation", &Survey::standard_deviation);
  count("of one level", [](const Survey& half) { return half.constant; });
  count("  all 0", [](const Survey& half) { return half.empty; });
  count("repeated", [](const Survey& half) { return half.repeats.images; });
  count("  other label", [](const Survey& half) { return half.repeats.with_another_label; });
  test_only("also in train", found.shared.images);
  test_only("  other label", found.shared.with_another_label);
  std::cout << '\n';
  print_balance(found, width);
}

nlohmann::ordered_json to_json(const Survey& half) {
  return {{"images", half.hashes.size()},
          {"per_class", half.per_class},
          {"mean", half.mean},
          {"standard_deviation", half.standard_deviation},
          {"constant", half.constant},
          {"empty", half.empty},
          {"repeated", half.repeats.images},
          {"repeated_with_another_label", half.repeats.with_another_label}};
}

void print_json(const Inspection& found) {
  const data::Images& images = found.images;
  const Shape& shape = images.train.sample_shape();
  std::vector<std::string> names;
  for (std::size_t c = 0; c < images.train.classes(); ++c)
    names.push_back(images.train.class_name(c));
  auto files = nlohmann::ordered_json::array();
  for (const fs::path& file : images.files)
    files.push_back({{"path", file.string()}, {"bytes", size_of(file)}});
  nlohmann::ordered_json test = to_json(found.test);
  test["also_in_train"] = found.shared.images;
  test["also_in_train_with_another_label"] = found.shared.with_another_label;
  nlohmann::ordered_json json{{"data", images.train.name()},
                              {"format", images.format},
                              {"number_type", images.number_type},
                              {"shape", std::vector<std::size_t>(shape.begin(), shape.end())},
                              {"classes", names},
                              {"fingerprint", found.fingerprint()},
                              {"files", std::move(files)},
                              {"train", to_json(found.train)},
                              {"test", std::move(test)}};
  if (!images.note.empty()) json["note"] = images.note;
  std::cout << json_line(json);
}

}  // namespace

int inspect(const CommonOptions& options) {
  (options.json ? print_json : print_text)({options.data, data::load_images(options.data)});
  return 0;
}

}  // namespace reel::mnist
