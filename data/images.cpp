// Finds out which form a set of images has, and makes data sets of it.
#include <reel/data/images.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/text.h>
#include <reel/data/mnist.h>
#include <reel/data/naming.h>
#include <reel/data/npy.h>
#include <reel/data/pixels.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

namespace fs = std::filesystem;
using enum Error::Kind;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Images and labels of one part, and the place that messages about them name.
struct Part {
  fs::path path;
  Shape shape = {};  // of an image
  std::variant<SharedBytes, Tensor> pixels = {};
  Labels labels = {};

  std::size_t classes() const {
    return static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
  }
  Dataset dataset(const DatasetInfo& info) && {
    if (auto* bytes = std::get_if<SharedBytes>(&pixels))
      return Dataset::from_bytes(std::move(*bytes), shape, labels, info);
    return Dataset(std::move(std::get<Tensor>(pixels)), labels, info);
  }
};

Part part_of(const fs::path& path, pixels::Labelled images) {
  return {path,
          Shape(images.shape.begin(), images.shape.end()),
          SharedBytes(std::move(images.bytes)),
          {images.labels.begin(), images.labels.end()}};
}

// The shape of an image in an array (n, …): (n,784) and (n,28,28,1) have images (28,28).
Shape image_shape(const fs::path& path, const Shape& shape) {
  Shape image(shape.begin() + (shape.empty() ? 0 : 1), shape.end());
  if (image.size() == 3 && image[2] == 1) image.pop_back();
  if (image.empty() || image.size() > 2 || element_count(shape) == 0)
    fail(input, "npy", absolute_name(path), ": has shape ", to_string(shape),
         ", expected images (n, pixels) or (n, rows, columns).");
  if (image.size() == 2) return image;
  const std::vector<std::size_t> sides = pixels::shape_of(image[0]);
  return Shape(sides.begin(), sides.end());
}

Part read_npy(const fs::path& images, const fs::path& labels) {
  Part part{.path = images, .labels = load_npy_labels(labels)};
  std::size_t n = 0;
  auto array = load_npy_or_bytes(images);
  if (auto* bytes = std::get_if<ByteArray>(&array)) {
    part.shape = image_shape(images, bytes->shape);
    n = bytes->shape[0];
    part.pixels = std::move(bytes->bytes);
  } else {
    auto& numbers = std::get<Tensor>(array);
    part.shape = image_shape(images, numbers.shape());
    n = numbers.shape()[0];
    const auto wrong =
        std::find_if(numbers.begin(), numbers.end(), [](Real x) { return !std::isfinite(x); });
    if (wrong != numbers.end())
      fail(input, "npy", absolute_name(images), ": image ",
           static_cast<std::size_t>(wrong - numbers.begin()) / element_count(part.shape),
           " has a pixel that is not finite.");
    std::vector<std::size_t> shape{n};
    shape.insert(shape.end(), part.shape.begin(), part.shape.end());
    numbers.reshape(shape);
    part.pixels = std::move(numbers);
  }
  if (part.labels.size() != n)
    fail(input, "npy", absolute_name(labels), ": ", part.labels.size(), " labels for the ", n,
         " images of ", images.filename().string(), '.');
  constexpr std::size_t most = 65'536;
  if (part.classes() > most)
    fail(input, "npy", absolute_name(labels), ": has label ", part.classes() - 1,
         ", expected less than ", most, '.');
  return part;
}

// The parts of a set, before they become data sets.
struct Found {
  std::string format;
  Part train;
  std::optional<Part> test = {};
  std::vector<fs::path> files = {};
  std::vector<std::string> class_names = {};
  std::string note = {};
};

Found from_csv(const fs::path& train, const fs::path& test) {
  Found found{.format = "CSV", .train = part_of(train, pixels::read_csv(train)), .files = {train}};
  if (!test.empty()) {
    found.test = part_of(test, pixels::read_csv(test));
    found.files.push_back(test);
  }
  return found;
}

// The names of NPY files: images and labels to train with, then images and labels to test with.
constexpr std::array<std::array<std::string_view, 4>, 2> npy_names = {
    {{"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"},
     {"train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy"}}};

Found from_npy(const fs::path& folder, const std::array<std::string_view, 4>& names) {
  Found found{.format = "NPY",
              .train = read_npy(folder / names[0], folder / names[1]),
              .files = {folder / names[0], folder / names[1]}};
  if (is_there(folder / names[2]) || is_there(folder / names[3])) {
    found.test = read_npy(folder / names[2], folder / names[3]);
    found.files.insert(found.files.end(), {folder / names[2], folder / names[3]});
  }
  return found;
}

Found from_folders(const fs::path& folder) {
  const bool named = is_folder(folder / "train");
  const fs::path train_folder = named ? folder / "train" : folder;
  const std::vector<std::string> names = pixels::class_names_in(train_folder);
  if (names.empty())
    fail(input, "images", absolute_name(train_folder), ": has no folder for a class.");
  pixels::ClassFolders train = pixels::read_class_folders(train_folder, names);
  std::size_t skipped = train.skipped;
  Found found{.format = "pictures",
              .train = part_of(train_folder, std::move(train.images)),
              .files = std::move(train.folders),
              .class_names = names};
  if (named && is_folder(folder / "test")) {
    const std::vector<std::string> others = pixels::class_names_in(folder / "test");
    const auto [other, name] =
        std::mismatch(others.begin(), others.end(), names.begin(), names.end());
    if (other != others.end() && (name == names.end() || *other < *name))
      fail(input, "images", absolute_name(folder / "test"), ": has a class ", in_quotes(*other),
           ", and ", absolute_name(train_folder), " has none.");
    if (name != names.end())
      fail(input, "images", absolute_name(folder / "test"), ": has no class ", in_quotes(*name),
           ", and ", absolute_name(train_folder), " has one.");
    pixels::ClassFolders test = pixels::read_class_folders(folder / "test", names);
    skipped += test.skipped;
    found.test = part_of(folder / "test", std::move(test.images));
    found.files.insert(found.files.end(), test.folders.begin(), test.folders.end());
  }
  if (skipped > 0)
    found.note =
        concat(counted(skipped, "file is", "files are"), " neither PNG nor PGM, and skipped.");
  return found;
}

constexpr std::string_view forms =
    " Hint: a .csv file, or a folder with the four IDX files of MNIST, with train.csv, with "
    "x_train.npy and y_train.npy, or with a folder of PNG or PGM files for each class.";

bool is_csv(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending == ".csv";
}

// Whether load_mnist has a better message than "no such file or folder": for the start of the names
// of EMNIST's files, the folder of Debian's package, and an empty path.
bool is_known(const fs::path& path) {
  return path.empty() || naming::emnist(path.filename().string()) ||
         (path / "").lexically_normal() == default_folder() / "";
}

// The first form that this path has; none if load_mnist reads the path or refuses it.
std::optional<Found> find(const fs::path& path) {
  std::error_code ignored;
  const fs::file_type type = fs::status(path, ignored).type();
  if (type == fs::file_type::not_found && !is_known(path))
    fail(input, "images", absolute_name(path), ": no such file or folder.", forms);
  if (type == fs::file_type::none || type == fs::file_type::not_found) return std::nullopt;
  if (type != fs::file_type::directory) {
    if (is_csv(path)) return from_csv(path, {});
    fail(input, "images", absolute_name(path), ": is neither a folder nor a .csv file.", forms);
  }
  bool idx = false, folders = false;
  std::error_code error;
  fs::directory_iterator entry(path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    idx |= name.find("idx3-ubyte") != name.npos || name.find("idx1-ubyte") != name.npos;
    folders |= !name.starts_with('.') && is_folder(entry->path());
  }
  if (idx || error) return std::nullopt;
  if (is_there(path / "train.csv"))
    return from_csv(path / "train.csv", is_there(path / "test.csv") ? path / "test.csv" : "");
  for (const auto& names : npy_names)
    if (is_there(path / names[0])) return from_npy(path, names);
  if (folders) return from_folders(path);
  fail(input, "images", absolute_name(path), ": has no images.", forms);
}

void check_alike(const Part& train, const Part& test) {
  if (train.shape != test.shape)
    fail(input, "images", absolute_name(test.path), ": has images of shape ", to_string(test.shape),
         ", expected ", to_string(train.shape), " as ", absolute_name(train.path), '.',
         element_count(test.shape) + 1 == element_count(train.shape)
             ? " Hint: it seems to have no labels; name the other file itself."
             : "");
  if (train.pixels.index() != test.pixels.index())
    fail(input, "images", absolute_name(test.path), " and ", absolute_name(train.path),
         ": one has bytes, and the other other numbers.");
}

Images made(Found found, const fs::path& path, const ImagesOptions& options) {
  if (found.test) check_alike(found.train, *found.test);
  const fs::path folder = is_folder(path) ? path : path.parent_path();
  if (found.class_names.empty()) found.class_names = naming::class_names_file(folder);
  DatasetInfo info{naming::name_of(path), found.class_names.size(), found.class_names};
  for (const Part* part : {&found.train, found.test ? &*found.test : nullptr}) {
    if (!part) continue;
    if (found.class_names.empty())
      info.classes = std::max(info.classes, part->classes());
    else if (part->classes() > info.classes)
      fail(input, "images", absolute_name(part->path), ": has label ", part->classes() - 1,
           ", and ", absolute_name(folder / "classes.txt"), " names ",
           counted(info.classes, "class", "classes"), '.');
  }
  const bool bytes = std::holds_alternative<SharedBytes>(found.train.pixels);
  Images result{.format = std::move(found.format),
                .number_type = bytes ? "uint8" : "float",
                .files = std::move(found.files),
                .note = std::move(found.note)};
  if (found.test) {
    result.train = std::move(found.train).dataset(info);
    result.test = std::move(*found.test).dataset(info);
    return result;
  }
  const std::size_t n = found.train.labels.size();
  const double fraction = options.test_fraction;
  const auto held = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(n)));
  if (held == 0 || held == n)
    fail(input, "images", absolute_name(found.train.path), ": has ", counted(n, "image"),
         " and no test set, too few to split off ", std::round(1000 * fraction) / 10,
         " % of them.");
  Rng rng(options.test_seed);
  info.name = concat(info.name, " (", counted(held, "image"), " split off to test)");
  Split parts = split(std::move(found.train).dataset(info), fraction, rng);
  result.train = std::move(parts.rest);
  result.test = std::move(parts.held_out);
  result.note = concat("There is no test set, so ", counted(held, "image was", "images were"),
                       " split off by seed ", options.test_seed, '.',
                       result.note.empty() ? "" : " ", result.note);
  return result;
}

}  // namespace

Images load_images(const fs::path& path, const ImagesOptions& options) {
  if (!(options.test_fraction > 0 && options.test_fraction < 1))
    fail_usage("images", "test_fraction ", options.test_fraction, ", expected above 0, below 1.");
  std::optional<Found> found = find(path);
  if (!found) return load_mnist(path, {.stream = options.stream});
  if (options.stream)
    fail_usage("images", absolute_name(path), ": only IDX files can stay on the disk.");
  return made(std::move(*found), path, options);
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
