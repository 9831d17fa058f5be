// Event files: the published CRC-32C, the bytes of records, names, and folders that refuse a file.
#include <reel/train/event_file.h>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <reel/autodiff/core/file.h>

#include "../temporary_folder.h"
#include "../throws.h"

using namespace reel;
using namespace std::string_literals;

TEST_CASE("event file: CRC-32C has its published values") {
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c("") == 0);
  // RFC 3720, appendix B.4
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
}

TEST_CASE("event file: the bytes of an event") {
  const TemporaryFolder folder;
  EventFile events(folder.path / "new" / "folder");
  CHECK(events.path().filename().string().starts_with("events.out.tfevents."));
  const auto size = std::filesystem::file_size(events.path());
  CHECK(size == 12 + 9 + 15 + 4);  // length and CRC, time, version, CRC
  events.add(300, {{"a", 1.5}});
  events.flush();
  const std::string all = read_file(events.path(), "test", 1000);
  REQUIRE(all.size() == size + 12 + 24 + 4);
  CHECK(all.substr(size, 8) == "\x18\0\0\0\0\0\0\0"s);
  const std::string event = all.substr(size + 12, 24);
  CHECK(event.substr(0, 1) == "\x09");  // field 1, eight bytes: the time
  CHECK(event.substr(9) == "\x10\xAC\x02\x2A\x0A\x0A\x08\x0A\x01\x61\x15\0\0\xC0\x3F"s);
}

TEST_CASE("event file: two writers in the same second have two files") {
  const TemporaryFolder folder;
  const EventFile a(folder.path), b(folder.path);
  CHECK(a.path() != b.path());
  CHECK(folder.files() == 2);
  CHECK_ERROR("[tensorboard] ", EventFile(a.path() / "below-a-file"));
}
