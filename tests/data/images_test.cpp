// Loading a set of images from each form of its files, and every way to be malformed.
#include <reel/data/images.h>

#include <unistd.h>

#include <numeric>

#include <reel/data/npy.h>

#include "labels.h"
#include "picture_files.h"

using namespace reel;
using namespace reel::testing;
using data::load_images;

namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  fs::path write(const std::string& name, const Bytes& bytes) const {
    fs::create_directories((path / name).parent_path());
    return TempFolder::write(name, bytes);
  }
  fs::path write(const std::string& name, const std::string& text) const {
    return write(name, bytes_of(text));
  }
};

Error images_error(const fs::path& path, const data::ImagesOptions& options = {}) {
  return error_of([&] { load_images(path, options); });
}

// The levels 0 to 255 of an image.
std::vector<int> levels(const data::Dataset& set, std::size_t index) {
  const Tensor image = set.sample(index);
  std::vector<int> result;
  for (const Real x : image) {
    const Real level = x * 255;
    CHECK(std::abs(level - std::round(level)) < 1e-4);
    result.push_back(static_cast<int>(std::lround(level)));
  }
  return result;
}

const std::string names_line = "label,p1,p2,p3,p4\n";
const std::string train_lines = "1,0,1,2,3\n0,4,5,6,7\n2,8,9,10,255\n";
const std::string test_lines = "1,9,9,9,9\n2,8,8,8,8\n";

}  // namespace

TEST_CASE("images: CSV files, with the names of the columns and without") {
  for (const std::string& names : {std::string(), names_line, "\xEF\xBB\xBF" + names_line}) {
    const Folder folder;
    folder.write("train.csv", names + train_lines);
    folder.write("test.csv", names + test_lines);
    const data::Images images = load_images(folder.path);
    CHECK(images.format == "CSV");
    CHECK(images.number_type == "uint8");
    CHECK(images.note.empty());
    CHECK(images.files == std::vector<fs::path>{folder / "train.csv", folder / "test.csv"});
    CHECK(labels_of(images.train) == std::vector<Label>{1, 0, 2});
    CHECK(labels_of(images.test) == std::vector<Label>{1, 2});
    CHECK(levels(images.train, 2) == std::vector<int>{8, 9, 10, 255});
    CHECK(levels(images.test, 0) == std::vector<int>{9, 9, 9, 9});
    CHECK(to_string(images.train.sample_shape()) == "(2,2)");
    CHECK(images.train.name() == folder.path.filename().string());
    CHECK(images.train.classes() == 3);
  }
}

TEST_CASE("images: the number of classes is that of both parts") {
  const Folder folder;
  folder.write("train.csv", "0,1,1,1,1\n1,1,1,1,1\n");
  folder.write("test.csv", "4,1,1,1,1\n");
  CHECK(load_images(folder.path).train.classes() == 5);
  CHECK(load_images(folder.path).test.classes() == 5);
}

TEST_CASE("images: pixels that are no square are flat, and may be written as 17.0") {
  const Folder folder;
  folder.write("train.csv", "0, 1 ,2.0,3\r\n\r\n1,\"4\",5,6e0\r\n");
  folder.write("test.csv", "0,1,2,3");
  const data::Images images = load_images(folder.path);
  CHECK(to_string(images.train.sample_shape()) == "(3)");
  CHECK(levels(images.train, 0) == std::vector<int>{1, 2, 3});
  CHECK(levels(images.train, 1) == std::vector<int>{4, 5, 6});
}

TEST_CASE("images: without a test set a part is split off, always the same") {
  const Folder folder;
  std::string lines;
  for (int i = 0; i < 60; ++i) lines += concat(i % 10, ',', i, ",0,0,0\n");
  const fs::path file = folder.write("digits.csv", lines);
  const data::Images images = load_images(file);
  CHECK(images.train.size() == 50);
  CHECK(images.test.size() == 10);
  CHECK(images.train.name() == "digits (10 images split off to test)");
  CHECK(images.test.name() == images.train.name());
  CHECK(images.note == "There is no test set, so 10 images were split off by seed 1.");
  std::vector<int> seen(60);
  for (const auto& set : {images.train, images.test})
    for (std::size_t i = 0; i < set.size(); ++i)
      ++seen[static_cast<std::size_t>(levels(set, i)[0])];
  CHECK(seen == std::vector<int>(60, 1));
  const data::Images again = load_images(file);
  CHECK(labels_of(again.test) == labels_of(images.test));
  CHECK(labels_of(load_images(file, {.test_seed = 2}).test) != labels_of(images.test));
  CHECK(load_images(file, {.test_fraction = 0.5}).test.size() == 30);
  CHECK(says(images_error(file, {.test_fraction = 0}), Kind::usage, {"test_fraction 0"}));
  CHECK(says(images_error(file, {.test_fraction = 1}), Kind::usage, {"test_fraction 1"}));
  const fs::path one = folder.write("one.csv", "0,1,1,1,1\n");
  CHECK(says(images_error(one), Kind::input, {one.string() + ": has 1 image and no test set"}));
}

TEST_CASE("images: every mistake in a table names the line and the column") {
  const Folder folder;
  const auto refuses = [&](const std::string& text, const std::string& why) {
    const fs::path file = folder.write("bad.csv", text);
    return says(images_error(file), Kind::input, {"[csv] " + file.string() + ": " + why});
  };
  CHECK(refuses("", "is empty"));
  CHECK(refuses(names_line, "has only a header"));
  CHECK(refuses("7\n", "line 1 has one field"));
  CHECK(refuses("0,1,2\n0,1\n", "line 2 has 2 fields, expected 3."));
  CHECK(refuses(names_line + "0,1,2,3\n", "line 2 has 4 fields, expected 5."));
  CHECK(refuses("0,1,2\n0,1,2,3\n", "line 2 has 4 fields, expected 3."));
  for (const std::string pixel : {"256", "-1", "1.5", "nan", "inf", "1e99", "x", "0x1", "3 4"}) {
    CHECK(refuses(names_line + "0,1,2,3,4\n\n0,1," + pixel + ",3,4\n",
                  "line 4, column \"p2\": \"" + pixel + "\", expected a pixel"));
    CHECK(refuses("0,1,2,3,4\n0,1," + pixel + ",3,4\n",
                  "line 2, column 3: \"" + pixel + "\", expected a pixel"));
  }
  CHECK(refuses("0,1,,3,4\n", "line 1, column 3: is empty, expected a pixel"));
  CHECK(refuses("0,1,2,3,4\n,1,2,3,4\n", "line 2, column 1: is empty, expected a label"));
  CHECK(refuses(",1,2,3,4\n", "line 1, column 1: is empty, expected a label"));
  for (const std::string label : {"-1", "1.5", "65536", "9999999999"})
    CHECK(refuses(label + ",1,2,3,4\n", "line 1, column 1: \"" + label + "\", expected a label"));
  CHECK(
      refuses(names_line + "cat,1,2,3,4\n", "line 2, column \"label\": \"cat\", expected a label"));
  CHECK(refuses("0,\"1\n", "line 1: a quote is never closed"));
}

TEST_CASE("images: parts that do not fit each other") {
  const Folder folder;
  folder.write("train.csv", names_line + train_lines);
  folder.write("test.csv", "p1,p2,p3,p4\n9,9,9,9\n");  // as in competitions
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test.csv").string() + ": has images of shape (3), expected (2,2)",
              "Hint: it seems to have no labels"}));
  folder.write("test.csv", "0,1,1\n");
  CHECK(says(images_error(folder.path), Kind::input, {"has images of shape (2), expected (2,2)"}));
}

TEST_CASE("images: NPY files of bytes") {
  const Bytes start = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  const auto npy = [&](const std::string& type, const std::string& shape, const Bytes& values,
                       const std::string& fortran = "False") {
    std::string text =
        "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': (" + shape + "), }";
    text += std::string(118 - text.size() - 1, ' ') + '\n';
    return start + Bytes{118, 0} + bytes_of(text) + values;
  };
  const Bytes pixels = {0, 1, 2, 3, 4, 5, 6, 255};
  const std::vector<std::array<std::string, 4>> names = {
      {"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"},
      {"train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy"}};
  for (const auto& [x, y, x_test, y_test] : names) {
    const Folder folder;
    folder.write(x, npy("|u1", "2, 2, 2", pixels));
    folder.write(y, npy("|u1", "2,", {3, 1}));
    folder.write(x_test, npy("|u1", "2, 4", pixels));
    folder.write(y_test, npy("<i8", "2,", Bytes{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
    const data::Images images = load_images(folder.path);
    CHECK(images.format == "NPY");
    CHECK(images.number_type == "uint8");
    CHECK(images.files.size() == 4);
    CHECK(labels_of(images.train) == std::vector<Label>{3, 1});
    CHECK(labels_of(images.test) == std::vector<Label>{0, 1});
    CHECK(images.train.classes() == 4);
    CHECK(to_string(images.test.sample_shape()) == "(2,2)");
    CHECK(levels(images.train, 1) == std::vector<int>{4, 5, 6, 255});
    CHECK(levels(images.test, 1) == std::vector<int>{4, 5, 6, 255});

    folder.write(x, npy("|u1", "2, 2, 2", pixels, "True"));
    CHECK(levels(load_images(folder.path).train, 0) == std::vector<int>{0, 4, 2, 6});
    folder.write(x, npy("|u1", "2, 2, 2, 1", pixels));
    CHECK(to_string(load_images(folder.path).train.sample_shape()) == "(2,2)");

    folder.write(x, npy("|u1", "1, 8", pixels));
    CHECK(says(images_error(folder.path), Kind::input,
               {"[npy] " + (folder / y).string() + ": 2 labels for the 1 images of " + x}));
    for (const std::string shape : {"8,", "2, 1, 2, 2", "0, 8"}) {
      folder.write(x, npy("|u1", shape, shape == "0, 8" ? Bytes{} : pixels));
      CHECK(says(images_error(folder.path), Kind::input,
                 {(folder / x).string() + ": has shape ", "expected images (n, pixels)"}));
    }
    folder.write(x, npy("|u1", "2, 2, 2", pixels));
    folder.write(y, npy("<i4", "2,", Bytes{0, 0, 1, 0, 1, 0, 0, 0}));
    CHECK(says(images_error(folder.path), Kind::input,
               {(folder / y).string() + ": has label 65536, expected less than 65536"}));
    fs::remove(folder / y);
    CHECK(says(images_error(folder.path), Kind::input, {(folder / y).string()}));
    folder.write(y, npy("|u1", "2,", {3, 1}));
    fs::remove(folder / y_test);
    CHECK(says(images_error(folder.path), Kind::input, {(folder / y_test).string()}));
    data::save_npy(folder / x_test, zeros({2, 4}));
    folder.write(y_test, npy("|u1", "2,", {3, 1}));
    CHECK(says(images_error(folder.path), Kind::input, {"one has bytes"}));
  }
}

TEST_CASE("images: numbers of NPY files stay as they are") {
  const Folder folder;
  Tensor numbers = zeros({6, 4});
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers.data()[i] = Real(i) / 8 - 1;
  data::save_npy(folder / "x_train.npy", numbers);
  const auto write_labels = [&](const std::string& shape, std::size_t n) {
    std::string text = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
    text += std::string(117 - text.size(), ' ') + '\n';
    folder.write("y_train.npy",
                 Bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0} + bytes_of(text) + Bytes(n, 1));
  };
  write_labels("6,", 6);
  const data::Images images = load_images(folder.path);
  CHECK(images.number_type == "float");
  CHECK(images.train.size() == 5);
  CHECK(to_string(images.train.sample_shape()) == "(2,2)");
  std::vector<Real> seen;
  for (const auto& set : {images.train, images.test}) {
    const data::Batch all = set.all();
    seen.insert(seen.end(), all.inputs->begin(), all.inputs->end());
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<Real>(numbers.begin(), numbers.end()));
  numbers.data()[13] = NAN;
  data::save_npy(folder / "x_train.npy", numbers);
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "x_train.npy").string() + ": image 3 has a pixel that is not finite"}));
}

TEST_CASE("images: a folder of pictures for each class") {
  const Folder folder;
  folder.write("train/10/b.png", png(2, {{9, 10}, {11, 12}}));
  folder.write("train/9/b.PGM", bytes_of("P5 2 2 255\n") + Bytes{5, 6, 7, 8});
  folder.write("train/9/a.png", png(2, {{1, 2}, {3, 4}}));
  folder.write("test/9/x.png", png(2, {{1, 1}, {1, 1}}));
  folder.write("test/10/y.png", png(2, {{2, 2}, {2, 2}}));
  folder.write("train/9/.hidden.png", "no picture");
  fs::create_directory(folder / "train/.git");
  data::Images images = load_images(folder.path);
  CHECK(images.format == "pictures");
  CHECK(images.note.empty());
  CHECK(images.train.class_names() == std::vector<std::string>{"9", "10"});  // by number
  CHECK(labels_of(images.train) == std::vector<Label>{0, 0, 1});
  CHECK(labels_of(images.test) == std::vector<Label>{0, 1});
  CHECK(levels(images.train, 0) == std::vector<int>{1, 2, 3, 4});  // by name
  CHECK(levels(images.train, 1) == std::vector<int>{5, 6, 7, 8});
  CHECK(levels(images.train, 2) == std::vector<int>{9, 10, 11, 12});
  CHECK(levels(images.test, 1) == std::vector<int>{2, 2, 2, 2});
  CHECK(images.files.size() == 4);

  folder.write("train/9/notes.txt", "notes");
  folder.write("test/10/thumbs.db", "a cache");
  CHECK(load_images(folder.path).note == "2 files are neither PNG nor PGM, and skipped.");

  fs::remove_all(folder / "test");
  images = load_images(folder.path, {.test_fraction = 0.4});
  CHECK(images.train.size() == 2);
  CHECK(images.note ==
        "There is no test set, so 1 image was split off by seed 1. 1 file is neither PNG nor PGM, "
        "and skipped.");
}

TEST_CASE("images: one level of class folders, named by words") {
  const Folder folder;
  for (const std::string name : {"dog", "cat", "eel"})
    for (int i = 0; i < 4; ++i)
      folder.write(concat(name, '/', i, ".png"), png(1, {{static_cast<std::uint8_t>(i)}}));
  const data::Images images = load_images(folder.path);
  CHECK(images.train.class_names() == std::vector<std::string>{"cat", "dog", "eel"});
  CHECK(images.train.size() == 10);
  CHECK(images.test.size() == 2);
  CHECK(to_string(images.train.sample_shape()) == "(1,1)");
}

TEST_CASE("images: what is wrong in class folders") {
  const Folder folder;
  folder.write("train/a/1.png", png(2, {{1, 2}}));
  folder.write("train/b/1.png", png(2, {{1, 2}}));
  folder.write("test/a/1.png", png(2, {{1, 2}}));
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test").string() + ": has no class \"b\", and " +
              (folder / "train").string() + " has one."}));
  folder.write("test/aa/1.png", png(2, {{1, 2}}));
  CHECK(says(images_error(folder.path), Kind::input, {": has a class \"aa\", and "}));
  std::filesystem::remove_all(folder / "test/aa");
  folder.write("test/b/1.png", png(1, {{1}, {2}}));
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test/b/1.png").string() + ": has 2×1 pixels, expected 1×2 as " +
              (folder / "test/a/1.png").string()}));
  const Bytes whole = png(2, {{1, 2}});
  folder.write("test/b/1.png", first(whole, whole.size() - 20));
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test/b/1.png").string() + ": is no valid PNG file"}));
  fs::remove(folder / "test/b/1.png");
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test/b").string() + ": has no PNG or PGM file."}));
  for (int i = 0; i < 1234; ++i) folder.write(concat("test/b/", i, ".jpg"), "x");
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "test/b").string() + ": has no PNG or PGM file, only 1,234 others."}));
  folder.write("test/b/1.png", png(1, {{1}}));
  folder.write("test/a/1.png", png(1, {{1}}));
  CHECK(
      says(images_error(folder.path), Kind::input, {"has images of shape (1,1), expected (1,2)"}));
  fs::remove_all(folder / "train");
  fs::create_directory(folder / "train");
  CHECK(says(images_error(folder.path), Kind::input,
             {(folder / "train").string() + ": has no folder for a class"}));
}

TEST_CASE("images: what the system refuses to read") {
  const Folder folder;
  folder.write("a/1.png", png(2, {{1, 2}}));
  folder.write("b/1.png", png(2, {{1, 2}}));
  const auto refused = [&](const fs::path& path, const fs::path& named) {
    const ::uid_t user = ::geteuid();
    fs::permissions(folder.path, fs::perms(0755));
    fs::permissions(path, fs::perms::none);
    if (user == 0 && ::seteuid(65534) != 0) return true;  // root may read everything
    const Error error = images_error(folder.path);
    REQUIRE(::seteuid(user) == 0);
    fs::permissions(path, fs::perms(0755));
    return says(error, Kind::system, {named.string() + ": ", "Permission denied"});
  };
  CHECK(refused(folder / "a/1.png", folder / "a/1.png"));
  CHECK(refused(folder / "b", folder / "b"));
}

TEST_CASE("images: a file of names for the classes") {
  const Folder folder;
  folder.write("train.csv", train_lines);
  folder.write("test.csv", test_lines);
  folder.write("classes.txt", "cat\r\ndog\neel\ngnu\n");
  CHECK(load_images(folder.path).test.class_names() ==
        std::vector<std::string>{"cat", "dog", "eel", "gnu"});
  folder.write("classes.txt", "cat\ndog");
  CHECK(says(
      images_error(folder.path), Kind::input,
      {(folder / "train.csv").string() + ": has label 2, and ", "classes.txt names 2 classes"}));
  folder.write("classes.txt", "cat\n\ndog\n");
  CHECK(says(images_error(folder.path), Kind::input,
             {"[images] " + (folder / "classes.txt").string() + ": line 2 is empty"}));
  folder.write("classes.txt", "cat\ndog\ncat\n");
  CHECK(says(images_error(folder.path), Kind::input, {"line 3: \"cat\" names two classes"}));
  folder.write("classes.txt", "");
  CHECK(says(images_error(folder.path), Kind::input, {"classes.txt", "is empty"}));
}

TEST_CASE("images: the first form that is there counts") {
  const Folder folder;
  CHECK(says(images_error(folder.path), Kind::input,
             {"[images] " + folder.path.string() + ": has no images. Hint: "}));
  folder.write("notes.txt", "notes");
  CHECK(says(images_error(folder.path), Kind::input, {": has no images."}));
  for (int i = 0; i < 6; ++i) folder.write(concat("0/", i, ".png"), png(2, {{1, 2}}));
  CHECK(load_images(folder.path).format == "pictures");
  data::save_npy(folder / "x_train.npy", zeros({2, 4}));
  CHECK(says(images_error(folder.path), Kind::input, {"y_train.npy"}));
  folder.write("train.csv", train_lines + train_lines);
  CHECK(load_images(folder.path).format == "CSV");
  folder.write("train-images-idx3-ubyte", images(3));
  CHECK(says(images_error(folder.path), Kind::input, {"[mnist]", "train-labels-idx1-ubyte"}));
  folder.write("train-labels-idx1-ubyte", labels({9, 0, 4}));
  folder.write("t10k-images-idx3-ubyte", images(2));
  folder.write("t10k-labels-idx1-ubyte", labels({1, 2}));
  CHECK(load_images(folder.path).format == "IDX");
  CHECK(load_images(folder.path, {.stream = true}).train.size() == 3);
  CHECK(says(images_error(folder / "train.csv", {.stream = true}), Kind::usage,
             {"only IDX files can stay on the disk"}));
  folder.write("CAPITALS.CSV", train_lines + train_lines);
  CHECK(load_images(folder / "CAPITALS.CSV").format == "CSV");
  CHECK(says(images_error(folder / "notes.txt"), Kind::input,
             {"notes.txt: is neither a folder nor a .csv file. Hint: a .csv file, or a folder"}));
  for (const char* name : {"none", "none.csv"})
    CHECK(says(images_error(folder / name), Kind::input,
               {"[images] " + (folder / name).string() + ": no such file or folder. Hint: "}));
  CHECK(says(images_error(folder / "emnist-letters"), Kind::input,
             {"[mnist] " + folder.path.string() + ": file not found, tried emnist-letters-train"}));
  CHECK(says(images_error(""), Kind::usage, {"empty"}));
}
