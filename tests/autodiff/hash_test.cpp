// The hash of numbers and texts.
#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>

#include <reel/autodiff/core/hash.h>

namespace reel {
namespace {

std::uint64_t of_bytes(std::string_view text) {
  Hash hash;
  for (const char c : text) hash.add(static_cast<unsigned char>(c));
  return hash.value();
}

TEST_CASE("hash: the test vectors of FNV-1a") {  // RFC 9923
  CHECK(of_bytes("") == 0xcbf29ce484222325);
  CHECK(of_bytes("a") == 0xaf63dc4c8601ec8c);
  CHECK(of_bytes("foobar") == 0x85944171f73967e8);
}

TEST_CASE("hash: a number is its bytes from the lowest, a text has its length before it") {
  Hash number;
  number.add(std::uint32_t{0x64636261});
  CHECK(number.value() == of_bytes("abcd"));
  Hash text, other;
  text.add("ab"), text.add("c");
  other.add("a"), other.add("bc");
  CHECK(text.value() != other.value());
}

TEST_CASE("hash: 16 digits") {
  CHECK(hash_text(0) == "0000000000000000");
  CHECK(hash_text(0xfedcba9876543210) == "fedcba9876543210");
}

}  // namespace
}  // namespace reel
