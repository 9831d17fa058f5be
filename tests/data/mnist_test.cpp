// Loading a folder of MNIST files: every spelling of their names, and every way to be incomplete.
#include <reel/data/mnist.h>

#include <unistd.h>

#include <vector>

#include "idx_files.h"

using namespace reel;
using namespace reel::testing;
using data::load_mnist;

namespace fs = std::filesystem;

namespace {

const std::string train_images = "train-images-idx3-ubyte",
                  train_labels = "train-labels-idx1-ubyte", test_images = "t10k-images-idx3-ubyte",
                  test_labels = "t10k-labels-idx1-ubyte";

// A folder with three training images and two test images of 2×3 pixels.
struct Files : TempFolder {
  Files() {
    write(train_images, images(3));
    write(train_labels, labels({9, 0, 4}));
    write(test_images, images(2));
    write(test_labels, labels({1, 2}));
  }
};

Error mnist_error(const fs::path& folder) {
  return error_of([&] { load_mnist(folder); });
}

}  // namespace

TEST_CASE("mnist: the four files become two data sets") {
  const Files files;
  const auto mnist = load_mnist(files.path);
  CHECK(mnist.train.size() == 3);
  CHECK(mnist.test.size() == 2);
  CHECK(to_string(mnist.train.sample_shape()) == "(2,3)");
  CHECK(mnist.train.label(0) == 9);
  CHECK(mnist.train.label(2) == 4);
  CHECK(mnist.test.label(1) == 2);
  CHECK(mnist.test.sample(1)(1, 2) == doctest::Approx(42 / 255.0).epsilon(1e-6));
  for (const auto& set : {mnist.train, mnist.test}) {
    CHECK(set.name() == files.path.filename().string());
    CHECK(set.classes() == 10);
    CHECK(set.class_name(7) == "7");
  }
}

TEST_CASE("mnist: a set of unknown content is called after its folder, however it is written") {
  const Files files;
  const std::string name = files.path.filename().string();
  const fs::path before = fs::current_path();
  CHECK(load_mnist(files.path / "").train.name() == name);
  CHECK(load_mnist(files.path / "../" / name / ".").train.name() == name);
  fs::current_path(files.path);
  const std::string here = load_mnist(".").train.name();
  fs::current_path(before);
  CHECK(here == name);
}

TEST_CASE("mnist: each file under each of its spellings, packed whatever its name says") {
  struct Case {
    std::string stem, ending;
    Bytes bytes;
  };
  const std::vector<Case> cases = {{"train-images", "idx3-ubyte", images(3)},
                                   {"train-labels", "idx1-ubyte", labels({9, 0, 4})},
                                   {"t10k-images", "idx3-ubyte", images(2)},
                                   {"t10k-labels", "idx1-ubyte", labels({1, 2})}};
  for (const auto& file : cases)
    for (const std::string dash : {"-", "."})
      for (const std::string gz : {"", ".gz"})
        for (const bool packed : {false, true}) {
          const Files files;
          fs::remove(files / (file.stem + "-" + file.ending));
          CHECK(mnist_error(files.path).kind() == Kind::input);
          const std::string name = file.stem + dash + file.ending + gz;
          CAPTURE(name);
          files.write(name, packed ? gzip(file.bytes) : file.bytes);
          const auto mnist = load_mnist(files.path);
          CHECK(mnist.train.size() + mnist.test.size() == 5);
        }
}

TEST_CASE("mnist: links are followed") {
  const Files files;
  const TempFolder elsewhere;
  for (const auto& name : {train_images, train_labels, test_images, test_labels})
    fs::create_symlink(files / name, elsewhere / name);
  CHECK(load_mnist(elsewhere.path).train.size() == 3);
  fs::remove(files / test_labels);
  CHECK(says(mnist_error(elsewhere.path), Kind::input, {"file not found", test_labels}));
}

TEST_CASE("mnist: a missing file is named under all the names tried") {
  for (const std::string stem : {"train-images", "train-labels", "t10k-images", "t10k-labels"}) {
    const Files files;
    const std::string ending = stem.ends_with("images") ? "idx3-ubyte" : "idx1-ubyte";
    fs::remove(files / (stem + "-" + ending));
    CHECK(says(mnist_error(files.path), Kind::input,
               {"[mnist] " + files.path.string() + ": file not found, tried " + stem + "-" +
                    ending + ", " + stem + "-" + ending + ".gz, " + stem + "." + ending + ", " +
                    stem + "." + ending + ".gz.",
                "Hint: "}));
  }
}

TEST_CASE("mnist: a folder that is missing, or is no folder") {
  const TempFolder folder;
  CHECK(says(mnist_error(folder / "none"), Kind::input,
             {"[mnist] " + (folder / "none").string() + ": no such folder. Hint: "}));
  const auto file = folder.write("file", {1});
  CHECK(says(mnist_error(file), Kind::input, {file.string() + ": is not a folder. Hint: "}));
  CHECK(says(mnist_error(file / "below"), Kind::input, {"no such folder"}));
  CHECK(says(mnist_error("no/such/folder"), Kind::input,
             {(fs::current_path() / "no/such/folder").string() + ": no such folder"}));
  CHECK(says(mnist_error(""), Kind::usage, {"[mnist]", "empty"}));
  CHECK(says(mnist_error(folder / "two\nlines"), Kind::input, {"no such folder"}));
  CHECK(std::string(mnist_error(folder / "none").what()).find("apt install") == std::string::npos);
  fs::create_symlink("loop", folder / "loop");
  CHECK(says(mnist_error(folder / "loop"), Kind::system, {"loop: cannot be read: "}));
}

TEST_CASE("mnist: a folder in place of a file counts only if there is no other") {
  const Files files;
  fs::rename(files / train_images, files / "train-images.idx3-ubyte");
  fs::create_directory(files / train_images);
  CHECK(load_mnist(files.path).train.size() == 3);
  fs::remove(files / "train-images.idx3-ubyte");
  CHECK(says(mnist_error(files.path), Kind::system,
             {(files / train_images).string(), "Is a directory"}));
}

TEST_CASE("mnist: what the system refuses to read") {
  const Files files;
  const ::uid_t user = ::geteuid();
  fs::permissions(files.path, fs::perms(0755));
  fs::permissions(files / test_images, fs::perms::none);
  if (user == 0 && ::seteuid(65534) != 0) return;  // root may read everything
  const Error file = mnist_error(files.path);
  REQUIRE(::seteuid(user) == 0);
  fs::permissions(files.path, fs::perms(0600));
  if (user == 0) REQUIRE(::seteuid(65534) == 0);
  const Error folder = mnist_error(files.path);
  REQUIRE(::seteuid(user) == 0);
  fs::permissions(files.path, fs::perms(0700));
  CHECK(says(file, Kind::system, {(files / test_images).string(), "Permission denied"}));
  CHECK(says(folder, Kind::system, {(files / train_images).string(), "Permission denied"}));
}

TEST_CASE("mnist: counts of images and labels that differ") {
  for (const bool train : {true, false}) {
    const Files files;
    files.write(train ? train_labels : test_labels, labels({1, 2, 3, 4}));
    CHECK(says(mnist_error(files.path), Kind::input,
               {"[mnist] " + (files / (train ? train_labels : test_labels)).string() +
                ": 4 labels for the " + (train ? "3" : "2") + " images of " +
                (train ? train_images : test_images)}));
  }
}

TEST_CASE("mnist: a label out of range is named with its index") {
  const Files files;
  files.write(train_labels, labels({9, 10, 255}));
  CHECK(says(mnist_error(files.path), Kind::input,
             {(files / train_labels).string() + ": label 10 at index 1, expected 0 to 9"}));
  files.write(train_labels, labels({9, 9, 255}));
  CHECK(says(mnist_error(files.path), Kind::input, {"label 255 at index 2"}));
}

TEST_CASE("mnist: a file of names for the classes") {
  const Files files;
  const auto write = [&](const std::string& text) {
    files.write("classes.txt", Bytes(text.begin(), text.end()));
  };
  write("o\nki\nsu\ntsu\nna\nha\nma\nya\nre\nwo\n");
  CHECK(load_mnist(files.path).test.class_name(3) == "tsu");
  write("o\nki\nsu\ntsu\nna\nha\nma\nya\nre\n");
  CHECK(says(mnist_error(files.path), Kind::input,
             {train_labels + ": label 9 at index 0, expected 0 to 8"}));
  files.write(train_labels, labels({9, 10, 4}));
  write("o\nki\nsu\ntsu\nna\nha\nma\nya\nre\nwo\nn\n");
  CHECK(load_mnist(files.path).train.classes() == 11);
}

TEST_CASE("mnist: the sets of EMNIST, whose images are stored transposed") {
  const TempFolder folder;
  const auto write = [&](const std::string& set, const Bytes& train, const Bytes& test) {
    folder.write("emnist-" + set + "-train-images-idx3-ubyte", images(3));
    folder.write("emnist-" + set + "-train-labels-idx1-ubyte.gz", gzip(labels(train)));
    folder.write("emnist-" + set + "-test-images-idx3-ubyte", images(2));
    folder.write("emnist-" + set + "-test-labels-idx1-ubyte", labels(test));
  };
  write("letters", {1, 26, 3}, {2, 1});
  for (const fs::path& path : {folder.path, folder / "emnist-letters"}) {
    const auto letters = load_mnist(path);
    CHECK(letters.train.name() == "EMNIST letters");
    CHECK(letters.train.classes() == 26);
    CHECK(letters.train.class_name(0) == "A");
    CHECK(letters.train.class_name(25) == "Z");
    CHECK(letters.train.label(0) == 0);
    CHECK(letters.train.label(1) == 25);
    CHECK(letters.test.label(0) == 1);
    CHECK(to_string(letters.train.sample_shape()) == "(3,2)");  // stored as 2×3
    const Tensor image = letters.train.sample(1);
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 2; ++column)
        CHECK(image(row, column) * 255 == doctest::Approx(double(37 + 3 * column + row)));
  }
  CHECK(says(error_of([&] { load_mnist(folder.path, {.stream = true}); }), Kind::usage,
             {"stored transposed"}));
  write("letters", {0, 26, 3}, {2, 1});
  CHECK(says(mnist_error(folder.path), Kind::input, {"label 0 at index 0, expected 1 to 26"}));
  write("letters", {1, 27, 3}, {2, 1});
  CHECK(says(mnist_error(folder.path), Kind::input, {"label 27 at index 1, expected 1 to 26"}));

  write("byclass", {0, 61, 36}, {2, 1});
  CHECK(says(mnist_error(folder.path), Kind::input,
             {folder.path.string() + ": has 2 sets of EMNIST. Hint: name one of them: " +
              (folder / "emnist-byclass").string()}));
  const auto all = load_mnist(folder / "emnist-byclass");
  CHECK(all.train.classes() == 62);
  CHECK(all.train.class_name(61) == "z");
  CHECK(all.train.class_name(36) == "a");
  write("balanced", {0, 46, 36}, {2, 1});
  CHECK(load_mnist(folder / "emnist-balanced").train.class_name(46) == "t");
  CHECK(says(mnist_error(folder / "emnist-digits"), Kind::input,
             {"file not found, tried emnist-digits"}));
  CHECK(says(mnist_error(folder / "emnist-none"), Kind::input, {"no such folder"}));
}

TEST_CASE("mnist: an empty set, and images without pixels") {
  const Files files;
  files.write(test_images, images(0));
  files.write(test_labels, labels({}));
  CHECK(says(mnist_error(files.path), Kind::input,
             {(files / test_images).string() + ": holds 0 images of 2×3 pixels"}));
  files.write(test_images, images(2, 0, 3));
  CHECK(says(mnist_error(files.path), Kind::input, {"holds 2 images of 0×3 pixels"}));
}

TEST_CASE("mnist: training and test images of different sizes") {
  const Files files;
  files.write(test_images, images(2, 3, 2));
  CHECK(says(mnist_error(files.path), Kind::input,
             {"[mnist] " + files.path.string(), "2×3 pixels, test images 3×2"}));
}

TEST_CASE("mnist: files under each other's names") {
  const Files files;
  files.write(train_labels, images(3));
  CHECK(
      says(mnist_error(files.path), Kind::input,
           {(files / train_labels).string() + ": magic 0x00000803, expected 0x00000801. Hint: this "
                                              "is an image file."}));
}

TEST_CASE("mnist: Fashion-MNIST of Debian's package") {
  CHECK(data::default_folder() == "/usr/share/datasets/fashion-mnist");
  if (!fs::exists(data::default_folder())) {
    CHECK(says(mnist_error(data::default_folder()), Kind::input,
               {"no such folder. Hint: apt install dataset-fashion-mnist."}));
    return;
  }
  const auto mnist = load_mnist(data::default_folder());
  CHECK(mnist.train.size() == 60000);
  CHECK(mnist.test.size() == 10000);
  const std::vector<Label> first = {9, 0, 0, 3, 0};
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(mnist.train.label(i) == first[i]);
  for (const auto& set : {mnist.train, mnist.test}) {
    CHECK(set.name() == "Fashion-MNIST");
    CHECK(to_string(set.sample_shape()) == "(28,28)");
    CHECK(set.features() == 784);
    CHECK(set.classes() == 10);
    CHECK(set.class_names() == std::vector<std::string>{"T-shirt/top", "Trouser", "Pullover",
                                                        "Dress", "Coat", "Sandal", "Shirt",
                                                        "Sneaker", "Bag", "Ankle boot"});
  }
  // Six thousand training images of each class.
  std::vector<int> counts(10);
  for (std::size_t i = 0; i < mnist.train.size(); ++i)
    ++counts[static_cast<std::size_t>(mnist.train.label(i))];
  CHECK(counts == std::vector<int>(10, 6000));
}
