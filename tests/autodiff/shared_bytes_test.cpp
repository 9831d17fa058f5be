// SharedBytes, and large pages for them.
#include <reel/autodiff/core/shared_bytes.h>

#include <doctest/doctest.h>

#include <vector>

#include <reel/autodiff/core/large_pages.h>

using namespace reel;

TEST_CASE("shared bytes: copies share them, and outlive the first handle") {
  SharedBytes copy;
  {
    const SharedBytes bytes(std::vector<std::uint8_t>{1, 2, 3});
    CHECK(bytes == SharedBytes(std::vector<std::uint8_t>{1, 2, 3}));
    CHECK_FALSE(bytes == SharedBytes(std::vector<std::uint8_t>{1, 2}));
    CHECK_FALSE(bytes == SharedBytes(std::vector<std::uint8_t>{1, 2, 4}));
    copy = bytes;
    CHECK(copy.data() == bytes.data());
  }
  CHECK(copy.size() == 3);
  CHECK(copy[2] == 3);
  CHECK(SharedBytes().empty());
  CHECK(SharedBytes(std::vector<std::uint8_t>{}).empty());
}

TEST_CASE("shared bytes: asking for large pages changes no byte") {
  std::vector<std::uint8_t> bytes(std::size_t{5} << 20, 7);
  prefer_large_pages(bytes.data(), bytes.size());
  prefer_large_pages(bytes.data() + 1, 100);
  prefer_large_pages(nullptr, 0);
  CHECK(bytes == std::vector<std::uint8_t>(std::size_t{5} << 20, 7));
}
