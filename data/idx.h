// Reads an IDX file of unsigned bytes, the format of MNIST, plain or gzipped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include <reel/autodiff/core/file_bytes.h>
#include <reel/autodiff/core/shared_bytes.h>
#include <reel/data/inflate.h>

namespace reel::idx {

/// The contents of an IDX file.
struct Array {
  std::vector<std::size_t> shape;  ///< (n, rows, columns) for images, (n) for labels
  SharedBytes bytes;               ///< one byte for each element, in row-major order
};

/// Reads an IDX file (format: http://yann.lecun.com/exdb/mnist/) with this number of dimensions: 3
/// for images, 1 for labels. Recognises gzip by content. Never allocates much more than the size of
/// the file supports, whatever the header claims. Throws Error: Kind::input if the file is missing
/// or is not exactly such a file, Kind::system if it cannot be read, Kind::usage if `dimensions` is
/// not 1 to 255.
Array read(const std::filesystem::path& path, std::size_t dimensions);

/// Like `read`, from a file that is open already, such as a pipe, at its start.
Array read(InflatingReader& file, std::size_t dimensions);

/// An IDX file whose elements stay in the file.
struct ArrayInFile {
  std::vector<std::size_t> shape;
  FileBytes bytes;
};

/// Like `read`, but leaves the elements in the file, which must not be gzipped.
ArrayInFile open(const std::filesystem::path& path, std::size_t dimensions);

}  // namespace reel::idx
