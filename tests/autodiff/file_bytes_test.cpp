// FileBytes: reading on request, and files that change or cannot be read.
#include <reel/autodiff/core/file_bytes.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "../data/idx_files.h"

using namespace reel;
using testing::error_of;
using testing::says;
using testing::TempFolder;
namespace {

std::vector<std::uint8_t> read(const FileBytes& bytes, std::size_t first, std::size_t count) {
  std::vector<std::uint8_t> into(count);
  bytes.read(first, into);
  return into;
}

}  // namespace

TEST_CASE("file bytes: any part, from the start that was named; copies share the open file") {
  const TempFolder folder;
  const auto path = folder.write("file", {9, 8, 1, 2, 3});
  std::optional<FileBytes> first(FileBytes(path, "test", 2));
  const FileBytes copy = *first;
  CHECK(copy.size() == 3);
  CHECK(read(*first, 0, 3) == std::vector<std::uint8_t>{1, 2, 3});
  first.reset();
  std::filesystem::remove(path);  // an open file stays readable
  CHECK(read(copy, 1, 2) == std::vector<std::uint8_t>{2, 3});
  CHECK(read(copy, 3, 0).empty());
  CHECK(FileBytes(folder.write("file", {1, 2}), "test", 2).size() == 0);
}

TEST_CASE("file bytes: more than one call of the system can read") {
  const TempFolder folder;
  std::vector<std::uint8_t> large((std::size_t{1} << 20) + 7);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * 7 / 5);
  const FileBytes bytes(folder.write("large", large), "test", 0);
  CHECK(read(bytes, 0, large.size()) == large);
}

TEST_CASE("file bytes: a file that is cut short is an error of the next read, and names it") {
  const TempFolder folder;
  const auto path = folder.write("file", {9, 8, 1, 2, 3});
  const FileBytes bytes(path, "test", 2);
  std::filesystem::resize_file(path, 4);
  CHECK(read(bytes, 0, 2) == std::vector<std::uint8_t>{1, 2});
  CHECK(
      says(error_of([&] { read(bytes, 0, 3); }), Error::Kind::input,
           {"[test] " + path.string() + ": ends before byte 5, and had 5 bytes when it was opened",
            "cut short"}));
  std::filesystem::resize_file(path, 0);
  CHECK(says(error_of([&] { read(bytes, 0, 1); }), Error::Kind::input, {"ends before byte 3"}));
}

TEST_CASE("file bytes: what cannot be opened") {
  const TempFolder folder;
  const auto refusal = [](const std::filesystem::path& path, std::size_t start) {
    return error_of([&] { FileBytes(path, "test", start); });
  };
  CHECK(
      says(refusal(folder / "none", 0), Error::Kind::input, {"[test] ", "none: cannot be opened"}));
  CHECK(
      says(refusal(folder / std::string(300, 'x'), 0), Error::Kind::input, {"File name too long"}));
  CHECK(says(refusal(folder / ".", 0), Error::Kind::system, {"[test] ", "not a regular file"}));
  CHECK(says(refusal(folder.write("short", {1, 2}), 3), Error::Kind::input,
             {"[test] ", "ends after 2 bytes, within its header"}));
  CHECK(says(refusal("/dev/null", 0), Error::Kind::system, {"not a regular file"}));
}
