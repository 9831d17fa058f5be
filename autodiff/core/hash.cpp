// A hash as text.
#include <reel/autodiff/core/hash.h>

#include <cinttypes>
#include <cstdio>

namespace reel {

std::string hash_text(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, value);
  return text;
}

}  // namespace reel
