// SharedBytes: owned or mapped, read the same; and what cannot be mapped.
#include <reel/autodiff/core/shared_bytes.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "../data/idx_files.h"

using namespace reel;
using testing::error_of;
using testing::says;
using testing::TempFolder;
using Kind = Error::Kind;

TEST_CASE("shared bytes: owned and mapped ones are equal, and outlive where they came from") {
  SharedBytes copy;
  {
    const TempFolder folder;
    const auto path = folder.write("file", {9, 8, 1, 2, 3});
    const SharedBytes mapped = SharedBytes::mapped(path, "test", 2);
    CHECK(mapped == SharedBytes(std::vector<std::uint8_t>{1, 2, 3}));
    CHECK_FALSE(mapped == SharedBytes(std::vector<std::uint8_t>{1, 2}));
    CHECK_FALSE(mapped == SharedBytes(std::vector<std::uint8_t>{1, 2, 4}));
    CHECK(SharedBytes::mapped(path, "test", 0)[0] == 9);
    CHECK(SharedBytes::mapped(path, "test", 5).empty());
    copy = mapped;
    CHECK(copy.data() == mapped.data());
  }
  CHECK(copy.size() == 3);
  CHECK(copy[2] == 3);
  CHECK(SharedBytes().empty());
  CHECK(SharedBytes(std::vector<std::uint8_t>{}).empty());
}

TEST_CASE("shared bytes: what cannot be mapped") {
  const TempFolder folder;
  const auto refusal = [](const std::filesystem::path& path, std::size_t start) {
    return error_of([&] { SharedBytes::mapped(path, "test", start); });
  };
  CHECK(says(refusal(folder / "none", 0), Kind::input, {"[test] ", "none: cannot be opened"}));
  CHECK(says(refusal(folder / ".", 0), Kind::system, {"[test] ", "no regular file"}));
  CHECK(says(refusal(folder.write("short", {1, 2}), 3), Kind::input,
             {"[test] ", "ends after 2 bytes, within its header"}));
  CHECK(says(refusal("/dev/null", 0), Kind::system, {"no regular file"}));
}

TEST_CASE("shared bytes: asking for large pages changes no byte") {
  std::vector<std::uint8_t> bytes(std::size_t{5} << 20, 7);
  prefer_large_pages(bytes.data(), bytes.size());
  prefer_large_pages(bytes.data() + 1, 100);
  prefer_large_pages(nullptr, 0);
  CHECK(bytes == std::vector<std::uint8_t>(std::size_t{5} << 20, 7));
}
