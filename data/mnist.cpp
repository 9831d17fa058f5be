// Finds the four files of MNIST, and checks that they belong together.
#include <reel/data/mnist.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/data/idx.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

namespace fs = std::filesystem;
using enum Error::Kind;

constexpr std::size_t classes = 10;

struct Known {
  std::uint32_t crc;  // CRC-32 of the training labels
  std::string_view name;
  std::array<std::string_view, classes> class_names;
};

constexpr std::array<std::string_view, classes> digits = {"0", "1", "2", "3", "4",
                                                          "5", "6", "7", "8", "9"};

// The CRCs are those of train-labels-idx1-ubyte.gz as published at yann.lecun.com/exdb/mnist and in
// Debian's package dataset-fashion-mnist; the class names are from
// github.com/zalandoresearch/fashion-mnist.
constexpr std::array<Known, 2> known_sets = {{
    {0xBA07E8EF, "MNIST", digits},
    {0x2ED6E46A,
     "Fashion-MNIST",
     {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot"}},
}};

std::string hint(const fs::path& folder) {
  if (folder.lexically_normal() == default_folder() ||
      folder.lexically_normal() == default_folder() / "")
    return " Hint: apt install dataset-fashion-mnist.";
  return " Hint: name the folder that holds the four files of MNIST or Fashion-MNIST.";
}

// The type of the file at this path, after following links; not_found if there is none.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none)
    fail(is_missing(error.value()) ? input : system, "mnist", absolute_name(path),
         ": cannot be read: ", error.message(), '.');
  return type;
}

// The file in a folder, under any of its spellings. A folder of that name (some archives unpack to
// one) counts only if there is no file.
fs::path find(const fs::path& folder, const std::string& stem, const std::string& ending) {
  fs::path second_choice;
  std::string tried;
  for (const char* dash : {"-", "."}) {
    for (const char* gz : {"", ".gz"}) {
      const std::string name = stem + dash + ending + gz;
      const fs::file_type type = type_of(folder / name);
      if (type != fs::file_type::not_found && type != fs::file_type::directory)
        return folder / name;
      if (type == fs::file_type::directory && second_choice.empty()) second_choice = folder / name;
      tried += (tried.empty() ? "" : ", ") + name;
    }
  }
  if (second_choice.empty())
    fail(input, "mnist", absolute_name(folder), ": file not found, tried ", tried, '.',
         hint(folder));
  return second_choice;
}

// The images and labels of one half.
struct Half {
  fs::path images_path, labels_path;
  std::variant<idx::Array, idx::ArrayInFile> images;
  std::vector<std::size_t> shape;  // of the images
  idx::Array labels;

  Half(const fs::path& folder, const std::string& prefix, const LoadOptions& options)
      : images_path(find(folder, prefix + "-images", "idx3-ubyte")),
        labels_path(find(folder, prefix + "-labels", "idx1-ubyte")) {
    if (options.stream)
      images = idx::open(images_path, 3);
    else
      images = idx::read(images_path, 3);
    shape = std::visit([](const auto& array) { return array.shape; }, images);
    labels = idx::read(labels_path, 1);
    const std::size_t n = shape[0];
    if (n == 0 || image_bytes() == 0)
      fail(input, "mnist", absolute_name(images_path), ": holds ", n, " images of ", image_size(),
           " pixels, expected at least one.");
    if (labels.shape[0] != n)
      fail(input, "mnist", absolute_name(labels_path), ": ", labels.shape[0], " labels for the ", n,
           " images of ", images_path.filename().string(), '.');
    const auto* wrong = std::find_if(labels.bytes.begin(), labels.bytes.end(),
                                     [](std::uint8_t label) { return label >= classes; });
    if (wrong != labels.bytes.end())
      fail(input, "mnist", absolute_name(labels_path), ": label ", int{*wrong}, " at index ",
           wrong - labels.bytes.begin(), ", expected 0 to ", classes - 1, '.');
  }

  std::size_t image_bytes() const { return shape[1] * shape[2]; }
  std::string image_size() const { return concat(shape[1], "×", shape[2]); }

  Dataset dataset(const DatasetInfo& info) && {
    const Labels wide(labels.bytes.begin(), labels.bytes.end());
    return std::visit(
        [&](auto& array) {
          return Dataset::from_bytes(std::move(array.bytes), {shape[1], shape[2]}, wide, info);
        },
        images);
  }
};

// "digits" for "/data/digits" and "/data/digits/".
std::string last_name(const fs::path& folder) {
  const fs::path full = fs::path(absolute_name(folder)).lexically_normal();
  const fs::path name = full.has_filename() ? full.filename() : full.parent_path().filename();
  return name.empty() ? full.string() : name.string();
}

DatasetInfo recognise(const idx::Array& train_labels, const fs::path& folder) {
  const auto crc =
      static_cast<std::uint32_t>(crc32_z(0, train_labels.bytes.data(), train_labels.bytes.size()));
  for (const Known& known : known_sets)
    if (known.crc == crc)
      return {
          std::string(known.name), classes, {known.class_names.begin(), known.class_names.end()}};
  return {last_name(folder), classes, {digits.begin(), digits.end()}};
}

}  // namespace

std::filesystem::path default_folder() { return "/usr/share/datasets/fashion-mnist"; }

Mnist load_mnist(const std::filesystem::path& folder, const LoadOptions& options) {
  if (folder.empty()) fail_usage("mnist", "the name of the folder is empty.");
  const fs::file_type type = type_of(folder);
  if (type == fs::file_type::not_found)
    fail(input, "mnist", absolute_name(folder), ": no such folder.", hint(folder));
  if (type != fs::file_type::directory)
    fail(input, "mnist", absolute_name(folder), ": is not a folder.", hint(folder));
  Half train(folder, "train", options), test(folder, "t10k", options);
  if (train.shape[1] != test.shape[1] || train.shape[2] != test.shape[2])
    fail(input, "mnist", absolute_name(folder), ": training images have ", train.image_size(),
         " pixels, test images ", test.image_size(), '.');
  const DatasetInfo info = recognise(train.labels, folder);
  return {std::move(train).dataset(info), std::move(test).dataset(info)};
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
