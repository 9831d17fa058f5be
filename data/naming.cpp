// Recognises the sets that everybody uses.
#include <reel/data/naming.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include <reel/autodiff/core/file.h>

namespace reel::naming {
namespace {

namespace fs = std::filesystem;

// The CRCs (CRC-32) are those of train-labels-idx1-ubyte.gz as published at
// yann.lecun.com/exdb/mnist and in Debian's package dataset-fashion-mnist; the class names are from
// github.com/zalandoresearch/fashion-mnist.
constexpr std::uint32_t mnist_crc = 0xBA07E8EF, fashion_crc = 0x2ED6E46A;

std::vector<std::string> letters_of(std::string_view text) {
  std::vector<std::string> names;
  for (const char c : text) names.emplace_back(1, c);
  return names;
}

}  // namespace

std::vector<std::string> digits() { return letters_of("0123456789"); }

std::optional<KnownSet> recognised(const SharedBytes& train_labels) {
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, train_labels.data(), train_labels.size()));
  if (crc == mnist_crc) return KnownSet{"MNIST", digits()};
  if (crc == fashion_crc)
    return KnownSet{"Fashion-MNIST",
                    {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                     "Sneaker", "Bag", "Ankle boot"}};
  return std::nullopt;
}

// Cohen, Afshar, Tapson and van Schaik 2017, arXiv:1702.05373: in the merged sets a letter whose
// two forms look alike is one class.
std::optional<KnownSet> emnist(std::string_view prefix) {
  constexpr std::string_view merged = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt";
  constexpr std::string_view all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view ten = all.substr(0, 10), letters = all.substr(10, 26);
  struct Split {
    std::string_view prefix, name, classes;
    std::size_t first_label = 0;
  };
  constexpr std::array<Split, 6> splits = {{{"emnist-letters", "EMNIST letters", letters, 1},
                                            {"emnist-balanced", "EMNIST balanced", merged},
                                            {"emnist-bymerge", "EMNIST by merge", merged},
                                            {"emnist-byclass", "EMNIST by class", all},
                                            {"emnist-digits", "EMNIST digits", ten},
                                            {"emnist-mnist", "EMNIST MNIST", ten}}};
  for (const Split& split : splits)
    if (split.prefix == prefix)
      return KnownSet{std::string(split.name), letters_of(split.classes), split.first_label};
  return std::nullopt;
}

std::vector<std::string> class_names_file(const fs::path& folder) {
  const fs::path path = folder / "classes.txt";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  FileReader file(path, "images");
  constexpr std::size_t longest = 1 << 20;
  const std::string text = file.read(longest);
  std::vector<std::string> names;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string name = text.substr(start, end - start);
    if (name.ends_with('\r')) name.pop_back();
    names.push_back(std::move(name));
    start = end + 1;
  }
  if (names.empty()) file.reject("is empty, expected the name of a class on each line.");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) file.reject("line ", i + 1, " is empty, expected the name of a class.");
    if (!seen.insert(names[i]).second)
      file.reject("line ", i + 1, ": ", in_quotes(names[i]), " names two classes.");
  }
  return names;
}

std::string name_of(const fs::path& path) {
  const fs::path full = fs::path(absolute_name(path)).lexically_normal();
  const fs::path name = full.has_filename() ? full.filename() : full.parent_path().filename();
  if (name.empty()) return full.string();
  return name.extension() == ".csv" ? name.stem().string() : name.string();
}

}  // namespace reel::naming
