// Loads MNIST, Fashion-MNIST or any other set of digits in the same four files.
#pragma once

#include <filesystem>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The two halves of such a data set; images of shape (28,28) in those known, ten classes.
struct Mnist {
  Dataset train, test;
};

struct LoadOptions {
  /// Leave the images in their files, which must not be gzipped, and read them as they are asked
  /// for: for data that memory can't hold. See `BatchOptions::block`. A file that is cut short
  /// meanwhile is an Error (input) of the call that asks for a missing image.
  bool stream = false;
};

/// Reads the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte` of a folder; `.idx` in place of `-idx` and
/// a further `.gz` are fine as well, and they may be gzipped under any of these names. MNIST and
/// Fashion-MNIST are known by their content; any other set is called after its folder, its classes
/// "0" to "9". Throws Error: Kind::input if one is missing or malformed or if they don't fit
/// together, Kind::system if the system refuses a read.
Mnist load_mnist(const std::filesystem::path& folder, const LoadOptions& options = {});

/// Where Debian's package dataset-fashion-mnist puts Fashion-MNIST.
std::filesystem::path default_folder();

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
