// Reads and writes NumPy's files of one array.
#pragma once

#include <filesystem>
#include <variant>

#include <reel/autodiff/core/shared_bytes.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// Reads an array of float32, float64, integers of 8 to 64 bits or booleans, in either byte order
/// and in the order of C or Fortran; versions 1 to 3 of the format
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Throws Error: kind
/// input if the file is missing, breaks the format, has another type, a finite number out of range
/// for Real, or an integer that Real does not hold exactly; kind system if it cannot be read.
Tensor load_npy(const std::filesystem::path& path);

/// An array of unsigned bytes, in row-major order.
struct ByteArray {
  Shape shape;        ///< the sizes of its axes
  SharedBytes bytes;  ///< its elements
};

/// Reads an array as load_npy does, and leaves unsigned bytes (uint8) as they are.
std::variant<Tensor, ByteArray> load_npy_or_bytes(const std::filesystem::path& path);

/// Reads an array (n) of integers as class labels. Throws as load_npy does, also for an integer
/// that is no Label.
Labels load_npy_labels(const std::filesystem::path& path);

/// Writes a tensor as float32 or float64, depending on Real, in version 1 of the format.
/// Throws Error (system) if the file cannot be written; then an old file is unchanged (see
/// write_file).
void save_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
