// Loads MNIST, Fashion-MNIST or any other set of digits in the same four files.
#pragma once

#include <filesystem>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The two halves of such a data set. Known sets have images of shape (28,28) and ten classes.
struct Mnist {
  Dataset train, test;  ///< the samples to train on, and the samples to test with
};

/// The options of `load_mnist`.
struct LoadOptions {
  /// Leave the images in their files, which must not be gzipped, and read them when they are
  /// needed: for data that does not fit into memory. See `BatchOptions::block`. If somebody
  /// truncates a file meanwhile, the call that needs a missing image throws Error (input).
  bool stream = false;
};

/// Reads the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte` in a folder. The names may have `.idx` in
/// place of `-idx` and may end in `.gz`; a file may be gzipped under any of these names. MNIST and
/// Fashion-MNIST are recognised by their content. Any other set is named after its folder, and its
/// classes are "0" to "9". Throws Error: Kind::input if a file is missing or malformed or if the
/// files don't fit together, Kind::system if the system refuses a read.
Mnist load_mnist(const std::filesystem::path& folder, const LoadOptions& options = {});

/// The folder where Debian's package dataset-fashion-mnist installs Fashion-MNIST.
std::filesystem::path default_folder();

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
