// Loads MNIST, Fashion-MNIST, KMNIST, EMNIST or any other set of images in the same four IDX files.
#pragma once

#include <filesystem>

#include <reel/data/images.h>

namespace reel::inline REEL_PRECISION {
namespace data {

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
/// classes are "0" to "9", or those that a file classes.txt in the folder names, one on each line.
///
/// The files of EMNIST, such as `emnist-letters-train-images-idx3-ubyte`, are recognised by their
/// names. Their images, which are stored transposed, are turned; the letters' labels 1 to 26 become
/// 0 to 25, "A" to "Z". If the folder has several sets of EMNIST, add the start of the names to its
/// path, as in `folder/emnist-letters`.
///
/// Throws Error: Kind::input if a file is missing or malformed or if the files don't fit together,
/// Kind::usage if EMNIST shall be streamed, Kind::system if the system refuses a read.
Images load_mnist(const std::filesystem::path& folder, const LoadOptions& options = {});

/// The folder where Debian's package dataset-fashion-mnist installs Fashion-MNIST.
std::filesystem::path default_folder();

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
