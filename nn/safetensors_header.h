// The header of a safetensors file: the names, types, shapes and places of its tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/file.h>

namespace reel {

constexpr std::string_view safetensors_format = "safetensors";

struct SafeTensorsEntry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape, offsets;  ///< offsets: begin and end of the values, in bytes
};

struct SafeTensorsHeader {
  std::vector<SafeTensorsEntry> entries;  ///< in the order of their values
  std::map<std::string, std::string> metadata;
  std::uint64_t bytes = 0;  ///< of all values
};

/// The bytes of one element of this type. 0 if the format does not have the type, or if an element
/// takes less than a byte.
std::size_t bytes_of_dtype(std::string_view dtype) noexcept;

/// Reads the header and leaves the file where the values begin. Throws Error (input) if the header
/// breaks the format, or has a type whose elements take less than a byte.
SafeTensorsHeader read_safetensors_header(FileReader& file);

/// The bytes before the values; `header.bytes` is not used. Throws Error (usage) if a name is used
/// twice or is "__metadata__", if a text is not UTF-8, or if the header is too long.
std::string safetensors_header(const SafeTensorsHeader& header);

}  // namespace reel
