// The code that the fuzz targets share: the input as a file, and the allowed results of a reader.
//
// A reader may succeed, or throw an Error of kind input or system whose message is one line of
// acceptable length. Anything else stops the target.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/error.h>

namespace reel::fuzz {

using Input = std::span<const std::uint8_t>;

inline std::string_view text_of(Input bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] inline void wrong(const char* what, std::string_view detail) {
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

inline void require(bool holds, const char* what) {
  if (!holds) wrong("does not hold", what);
}

/// A file in memory with these contents; valid until the next call.
inline std::filesystem::path file_with(std::string_view contents) {
  static const int descriptor = memfd_create("fuzz", 0);
  require(ftruncate(descriptor, 0) == 0, "truncating the file");
  require(pwrite(descriptor, contents.data(), contents.size(), 0) ==
              static_cast<ssize_t>(contents.size()),
          "writing the file");
  return "/proc/self/fd/" + std::to_string(descriptor);
}

/// Calls a reader; returns whether it succeeded.
template <class F>
bool reads(F&& reader) {
  constexpr std::size_t longest = 1000;
  try {
    reader();
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (error.kind() != Error::Kind::input && error.kind() != Error::Kind::system)
      wrong("an error of another kind", message);
    if (message.size() > longest) wrong("a long message", message);
    for (const char c : message)
      if (static_cast<unsigned char>(c) < 0x20) wrong("a control character", message);
    return false;
  }
}

/// A correct text with changes. Each four bytes of the input are a position (two bytes), a byte,
/// and an action: replace the byte at the position, insert before it, or remove it.
inline std::string changed(std::string text, Input changes) {
  for (; changes.size() >= 4 && !text.empty(); changes = changes.subspan(4)) {
    const std::size_t place = (changes[0] * std::size_t{256} + changes[1]) % text.size();
    const char c = static_cast<char>(changes[2]);
    switch (changes[3] % 3) {
      case 0:
        text[place] = c;
        break;
      case 1:
        text.insert(place, 1, c);
        break;
      default:
        text.erase(place, 1);
    }
  }
  return text;
}

/// A safetensors file with such changes in its header; the length field stays right.
inline std::string changed_safetensors(const std::string& file, Input changes) {
  constexpr std::size_t prefix = 8;
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), prefix);
  const std::string header = changed(file.substr(prefix, length), changes);
  const std::uint64_t new_length = header.size();
  std::string result(prefix, '\0');
  std::memcpy(result.data(), &new_length, prefix);
  return result + header + file.substr(prefix + length);
}

}  // namespace reel::fuzz
