// Loads a set of labelled images to train and to test with, whatever the form of its files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The two parts of such a set, and where they come from.
struct Images {
  Dataset train = {}, test = {};  ///< the samples to train on, and the samples to test with
  std::string format = {};        ///< such as "CSV"
  std::string number_type = {};   ///< of the pixels: "uint8", or "float" for numbers from NPY files
  std::vector<std::filesystem::path> files = {};  ///< the files, or the folders of the classes
  /// What a user should know, such as that a part was split off to test with; or empty.
  std::string note = {};
};

/// The options of `load_images`.
struct ImagesOptions {
  bool stream = false;  ///< leave the images in their files; see LoadOptions. For IDX files only
  /// If there is no test set: this fraction of the samples becomes one, chosen by this seed.
  double test_fraction = 1.0 / 6;
  std::uint64_t test_seed = 1;  ///< see test_fraction
};

/// Loads the set of images at a path, which is the first of these that is there:
///
/// - a folder with IDX files, or the start of the names of EMNIST's: see load_mnist;
/// - a CSV file, or a folder with train.csv and perhaps test.csv. Each line has the label of an
///   image, from 0, and its pixels, from 0 to 255; the first line may have names;
/// - a folder with the NPY files x_train.npy and y_train.npy, and perhaps x_test.npy and
/// y_test.npy;
///   or train-images.npy, train-labels.npy, test-images.npy and test-labels.npy. Images are
///   (n,28,28) or (n,784), of uint8 (a byte is divided by 255) or of numbers, which stay as they
///   are;
/// - a folder with a folder of PNG or PGM files for each class, such as 7/a.png; or such folders
///   below train/ and perhaps test/. The folders' names are those of the classes. Other files are
///   skipped.
///
/// Samples of 784 values have shape (28,28), and so for other squares. A file classes.txt in the
/// folder, with a name on each line, names the classes of IDX, CSV and NPY files. Throws Error:
/// kind input if nothing of these is there, or if it is malformed, in a message that names file,
/// line or index; kind usage for an empty path, a wrong fraction, or `stream` without IDX files;
/// kind system if a file cannot be read.
///
///     const auto images = load_images("digits");  // digits/train/0/a.png, …
Images load_images(const std::filesystem::path& path, const ImagesOptions& options = {});

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
