// Files of other programs that people try to load as weights.
#pragma once

#include <string>
#include <string_view>

namespace reel {

/// The format of a file with this beginning (200 bytes are enough), with a hint how to convert it:
/// PyTorch, pickle, NumPy, HDF5, GGUF, zip, gzip or a pointer of Git LFS. Empty if it is none.
std::string describe_foreign_file(std::string_view beginning);

}  // namespace reel
