// Finds the four IDX files of a set of images, and checks that they belong together.
#include <reel/data/mnist.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/data/idx.h>
#include <reel/data/naming.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

namespace fs = std::filesystem;
using enum Error::Kind;

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

// The set in a folder, before its files are read: their names, and whether it is EMNIST.
struct Layout {
  fs::path folder;
  std::string train = "train", test = "t10k";  // the prefixes of the files
  std::optional<naming::KnownSet> emnist = {};
};

// The prefixes of EMNIST's files in a folder, such as "emnist-letters"; none if MNIST's are there.
std::set<std::string> emnist_prefixes(const fs::path& folder) {
  constexpr std::string_view images = "-train-images";
  std::set<std::string> prefixes;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(images.substr(1))) return {};
    const std::size_t end = name.find(images);
    if (end != name.npos && naming::emnist(name.substr(0, end)))
      prefixes.insert(name.substr(0, end));
  }
  return prefixes;
}

Layout layout(const fs::path& path) {
  if (path.empty()) fail_usage("mnist", "the name of the folder is empty.");
  fs::path folder = path;
  std::set<std::string> prefixes;
  fs::file_type type = type_of(folder);
  if (type == fs::file_type::not_found && naming::emnist(path.filename().string())) {
    folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    prefixes = {path.filename().string()};
    type = type_of(folder);
  } else if (type == fs::file_type::directory) {
    prefixes = emnist_prefixes(folder);
  }
  if (type == fs::file_type::not_found)
    fail(input, "mnist", absolute_name(folder), ": no such folder.", hint(folder));
  if (type != fs::file_type::directory)
    fail(input, "mnist", absolute_name(folder), ": is not a folder.", hint(folder));
  if (prefixes.empty()) return {folder};
  const std::string& prefix = *prefixes.begin();
  if (prefixes.size() > 1)
    fail(input, "mnist", absolute_name(folder), ": has ", prefixes.size(),
         " sets of EMNIST. Hint: name one of them: ", absolute_name(folder / prefix), '.');
  return {folder, prefix + "-train", prefix + "-test", naming::emnist(prefix)};
}

// The classes that the labels of a folder can have. A known set is recognised later, when its
// labels are read; it has ten classes.
naming::KnownSet classes_of(const Layout& layout) {
  if (layout.emnist) return *layout.emnist;
  std::vector<std::string> names = naming::class_names_file(layout.folder);
  return {naming::name_of(layout.folder), names.empty() ? naming::digits() : std::move(names)};
}

// The images (n, rows, columns), each of them transposed.
SharedBytes transposed(const SharedBytes& bytes, std::size_t rows, std::size_t columns) {
  std::vector<std::uint8_t> result(bytes.size());
  const std::size_t size = rows * columns;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t p = i % size;
    result[i - p + p % columns * rows + p / columns] = bytes[i];
  }
  return result;
}

// The images and labels of one half.
struct Half {
  fs::path images_path, labels_path;
  std::variant<idx::Array, idx::ArrayInFile> images;
  std::vector<std::size_t> shape;  // of the images
  idx::Array labels;

  Half(const Layout& layout, const std::string& prefix, const naming::KnownSet& set,
       const LoadOptions& options)
      : images_path(find(layout.folder, prefix + "-images", "idx3-ubyte")),
        labels_path(find(layout.folder, prefix + "-labels", "idx1-ubyte")) {
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
    const std::size_t first = set.first_label, end = first + set.class_names.size();
    const auto* wrong =
        std::find_if(labels.bytes.begin(), labels.bytes.end(),
                     [&](std::size_t label) { return label < first || label >= end; });
    if (wrong != labels.bytes.end())
      fail(input, "mnist", absolute_name(labels_path), ": label ", int{*wrong}, " at index ",
           wrong - labels.bytes.begin(), ", expected ", first, " to ", end - 1, '.');
    if (!layout.emnist) return;
    auto& array = std::get<idx::Array>(images);  // EMNIST's images are stored transposed
    array.bytes = transposed(array.bytes, shape[1], shape[2]);
    std::swap(shape[1], shape[2]);
  }

  std::size_t image_bytes() const { return shape[1] * shape[2]; }
  std::string image_size() const { return concat(shape[1], "×", shape[2]); }

  Dataset dataset(const naming::KnownSet& set) && {
    Labels from_zero;
    for (const std::uint8_t label : labels.bytes)
      from_zero.push_back(static_cast<Label>(label - set.first_label));
    const DatasetInfo info{set.name, set.class_names.size(), set.class_names};
    return std::visit(
        [&](auto& array) {
          return Dataset::from_bytes(std::move(array.bytes), {shape[1], shape[2]}, from_zero, info);
        },
        images);
  }
};

}  // namespace

std::filesystem::path default_folder() { return "/usr/share/datasets/fashion-mnist"; }

Images load_mnist(const fs::path& folder, const LoadOptions& options) {
  const Layout files = layout(folder);
  if (files.emnist && options.stream)
    fail_usage("mnist",
               "images of EMNIST are stored transposed, so they cannot stay in their files.");
  naming::KnownSet set = classes_of(files);
  Half train(files, files.train, set, options), test(files, files.test, set, options);
  if (train.shape[1] != test.shape[1] || train.shape[2] != test.shape[2])
    fail(input, "mnist", absolute_name(files.folder), ": training images have ", train.image_size(),
         " pixels, test images ", test.image_size(), '.');
  set = naming::recognised(train.labels.bytes).value_or(set);
  const std::vector<fs::path> paths = {train.images_path, train.labels_path, test.images_path,
                                       test.labels_path};
  return {.train = std::move(train).dataset(set),
          .test = std::move(test).dataset(set),
          .format = "IDX",
          .number_type = "uint8",
          .files = paths};
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
