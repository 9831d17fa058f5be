// Reading IDX files: their contents, and all the ways in which they can be wrong.
#include <reel/data/idx.h>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "idx_files.h"

using namespace reel;
using namespace reel::testing;

namespace {

Error error_for(const TempFolder& folder, const Bytes& bytes, std::size_t dimensions) {
  const auto path = folder.write("file", bytes);
  const Error error = error_of([&] { idx::read(path, dimensions); });
  CHECK(says(error, error.kind(), {"[mnist] " + path.string() + ": "}));
  return error;
}

}  // namespace

TEST_CASE("idx: images and labels, plain and gzipped, are read as they are") {
  const TempFolder folder;
  const Bytes pictures = images(5), digits = labels({9, 0, 0, 3, 0});
  for (const bool packed : {false, true}) {
    CAPTURE(packed);
    const auto a = idx::read(folder.write("a", packed ? gzip(pictures) : pictures), 3);
    CHECK(a.shape == std::vector<std::size_t>{5, 2, 3});
    CHECK(a.bytes == Bytes(pictures.begin() + 16, pictures.end()));
    CHECK(a.bytes[6] == 37);
    const auto b = idx::read(folder.write("b.gz", packed ? gzip(digits) : digits), 1);
    CHECK(b.shape == std::vector<std::size_t>{5});
    CHECK(b.bytes == Bytes{9, 0, 0, 3, 0});
  }
}

TEST_CASE("idx: sizes are unsigned big-endian numbers of four bytes") {
  const TempFolder folder;
  const Bytes file = header(0x803, {1, 0x0102, 0x81}) + Bytes(0x0102 * 0x81, 7);
  const auto array = idx::read(folder.write("a", file), 3);
  CHECK(array.shape == std::vector<std::size_t>{1, 258, 129});
  CHECK(array.bytes.size() == 258 * 129);
}

TEST_CASE("idx: other dimensions, and sizes of zero") {
  const TempFolder folder;
  const auto four =
      idx::read(folder.write("a", header(0x804, {1, 2, 1, 2}) + Bytes{1, 2, 3, 4}), 4);
  CHECK(four.shape == std::vector<std::size_t>{1, 2, 1, 2});
  CHECK(four.bytes == Bytes{1, 2, 3, 4});
  const Bytes none = header(0x803, {0xFFFFFFFF, 0xFFFFFFFF, 0});
  for (const Bytes& file : {none, gzip(none)})
    CHECK(idx::read(folder.write("b", file), 3).bytes.empty());
  for (const std::size_t dimensions : {std::size_t{0}, std::size_t{256}})
    CHECK(says(error_of([&] { idx::read(folder / "a", dimensions); }), Kind::usage,
               {"[mnist]", "1 to 255", std::to_string(dimensions)}));
}

TEST_CASE("idx: a file that packs well is unpacked through several steps of growth") {
  const TempFolder folder;
  Bytes file = header(0x801, {3'000'000}) + Bytes(3'000'000, 0);
  file[2'000'000] = 5;
  const Bytes packed = gzip(file);
  REQUIRE(packed.size() * 16 < file.size());
  const auto array = idx::read(folder.write("a", packed), 1);
  CHECK(array.bytes == Bytes(file.begin() + 8, file.end()));
}

TEST_CASE("idx: gzip members one after the other are one stream") {
  const TempFolder folder;
  const Bytes plain = images(5);
  for (std::size_t cut = 0; cut <= plain.size(); ++cut) {
    const Bytes rest(plain.begin() + static_cast<std::ptrdiff_t>(cut), plain.end());
    const auto array = idx::read(folder.write("a", gzip(first(plain, cut)) + gzip(rest)), 3);
    CHECK(array.bytes == Bytes(plain.begin() + 16, plain.end()));
  }
  const Bytes two = gzip(plain) + gzip(Bytes{1});
  CHECK(says(error_for(folder, two, 3), Kind::input, {"too long", "more than 46 bytes unpacked"}));
}

TEST_CASE("idx: a file that ends at any byte before its last is an error") {
  const TempFolder folder;
  const Bytes plain = images(5);
  for (std::size_t size = 0; size < plain.size(); ++size) {
    CAPTURE(size);
    const std::string bytes = std::to_string(size) + " bytes";
    const Error error = error_for(folder, first(plain, size), 3);
    if (size == 0)
      CHECK(says(error, Kind::input, {"is empty"}));
    else if (size < 16)
      CHECK(says(error, Kind::input, {"ends within its header: " + bytes, "at least 16"}));
    else
      CHECK(says(error, Kind::input, {"truncated: " + bytes, "expected 46 (16 + 5×2×3)"}));
  }
  const Bytes digits = labels({1, 2, 3});
  for (std::size_t size = 1; size < digits.size(); ++size)
    CHECK(says(error_for(folder, first(digits, size), 1), Kind::input,
               {size < 8 ? "ends within its header" : "truncated"}));
}

TEST_CASE("idx: a gzip file that ends at any byte before its last is an error") {
  const TempFolder folder;
  const Bytes packed = gzip(images(5));
  for (std::size_t size = 2; size < packed.size(); ++size) {
    CAPTURE(size);
    CHECK(says(error_for(folder, first(packed, size), 3), Kind::input,
               {"gzip", "cut short after " + std::to_string(size) + " bytes", "Hint: "}));
  }
  CHECK(says(error_for(folder, first(packed, 1), 3), Kind::input, {"ends within its header"}));
  CHECK(says(error_for(folder, packed + first(packed, 7), 3), Kind::input, {"cut short"}));
}

TEST_CASE("idx: a whole gzip file whose contents are cut short says so") {
  const TempFolder folder;
  const Bytes plain = images(5);
  CHECK(says(error_for(folder, gzip({}), 3), Kind::input, {"is empty"}));
  for (std::size_t size = 1; size < plain.size(); ++size)
    CHECK(says(error_for(folder, gzip(first(plain, size)), 3), Kind::input,
               {size < 16 ? "ends within its header: " : "truncated: ",
                std::to_string(size) + " bytes unpacked"}));
}

TEST_CASE("idx: no change of a byte makes a gzip file read as something else") {
  const TempFolder folder;
  const Bytes plain = images(5), packed = gzip(plain);
  const Bytes good(plain.begin() + 16, plain.end());
  for (std::size_t i = 0; i < packed.size(); ++i) {
    CAPTURE(i);
    Bytes changed = packed;
    changed[i] ^= 0x40;
    const auto path = folder.write("a", changed);
    std::string wrong;
    try {
      if (idx::read(path, 3).bytes != good) wrong = "read as something else";
      if (i >= 10) wrong = "not noticed";  // bytes 4 to 9 are a time, a level and a system
    } catch (const Error& error) {
      if (error.kind() != Kind::input) wrong = error.what();
    }
    CHECK(wrong == "");
  }
  for (const std::size_t from_end : {std::size_t{8}, std::size_t{5}}) {
    Bytes changed = packed;
    changed[packed.size() - from_end] ^= 1;
    CHECK(says(error_for(folder, changed, 3), Kind::input, {"corrupt (incorrect data check)"}));
  }
  Bytes changed = packed;
  changed[packed.size() - 1] ^= 1;
  CHECK(says(error_for(folder, changed, 3), Kind::input, {"corrupt (incorrect length check)"}));
}

TEST_CASE("idx: bytes after the end are an error") {
  const TempFolder folder;
  CHECK(says(error_for(folder, images(5) + Bytes{0}, 3), Kind::input,
             {"too long: more than 46 bytes, expected 46 (16 + 5×2×3)"}));
  CHECK(says(error_for(folder, gzip(images(5) + Bytes{0}), 3), Kind::input,
             {"too long: more than 46 bytes unpacked, expected 46"}));
  for (const Bytes& tail : {Bytes{0}, Bytes(70000, 0), Bytes{'x', 0x1F, 0x8B}})
    CHECK(says(error_for(folder, gzip(images(5)) + tail, 3), Kind::input,
               {"other bytes follow the end of the gzip data"}));
  CHECK(error_for(folder, gzip(images(5)) + Bytes{0x1F, 0, 0}, 3).kind() == Kind::input);
}

TEST_CASE("idx: the gzip data may end where the input buffer ends") {
  const TempFolder folder;
  Bytes noise(70000);
  std::uint32_t x = 1;
  for (auto& byte : noise) byte = static_cast<std::uint8_t>((x = x * 1664525 + 1013904223) >> 24);
  int hits = 0;
  for (std::uint32_t n = 65480; n < 65540; ++n) {
    const Bytes packed = gzip(labels(first(noise, n)));
    hits += packed.size() == 65536;
    CHECK(idx::read(folder.write("a", packed), 1).bytes == first(noise, n));
    CHECK(says(error_for(folder, packed + Bytes{0}, 1), Kind::input, {"other bytes follow"}));
  }
  CHECK(hits > 0);
}

TEST_CASE("idx: labels given as images and images as labels are told apart") {
  const TempFolder folder;
  for (const bool packed : {false, true}) {
    const Bytes digits = packed ? gzip(labels({1})) : labels({1});
    const Bytes pictures = packed ? gzip(images(5)) : images(5);
    CHECK(says(error_for(folder, digits, 3), Kind::input,
               {"magic 0x00000801, expected 0x00000803. Hint: this is a label file."}));
    CHECK(says(error_for(folder, pictures, 1), Kind::input,
               {"magic 0x00000803, expected 0x00000801. Hint: this is an image file."}));
  }
}

TEST_CASE("idx: any other magic number is an error that says what was found") {
  const TempFolder folder;
  const auto found = [&](std::uint32_t magic, const std::string& hint) {
    return says(error_for(folder, header(magic, {1, 1, 1}) + Bytes{0}, 3), Kind::input,
                {", expected 0x00000803. Hint: ", hint});
  };
  CHECK(found(0x804, "magic 0x00000804"));
  CHECK(found(0x804, "it has 4 dimensions"));
  CHECK(found(0xD03, "magic 0x00000D03"));
  CHECK(found(0xD03, "its elements are 32-bit floats, expected unsigned bytes"));
  CHECK(found(0x903, "signed bytes"));
  CHECK(found(0xB03, "16-bit integers"));
  CHECK(found(0xC03, "32-bit integers"));
  CHECK(found(0xE03, "64-bit floats"));
  CHECK(found(0x003, "of an unknown type"));
  CHECK(found(0x03080000, "magic 0x03080000"));
  CHECK(found(0x504B0304, "zip archive"));
  CHECK(found(0x3C21444F, "web page"));
  CHECK(says(error_for(folder, gzip(gzip(images(5))), 3), Kind::input, {"gzipped twice"}));
}

TEST_CASE("idx: sizes whose product overflows are an error") {
  const TempFolder folder;
  const std::uint32_t most = 0xFFFFFFFF, half = 0x80000000;
  for (const auto& sizes : {std::vector{most, most, most}, {half, half, 4}, {half, half, 2}}) {
    const Bytes file = header(0x803, sizes) + Bytes(8, 0);
    for (const Bytes& bytes : {file, gzip(file)})
      CHECK(says(error_for(folder, bytes, 3), Kind::input,
                 {"its header claims ", " bytes, more than any file has; it is corrupt"}));
  }
  CHECK(says(error_for(folder, header(0x803, {most, most, most}), 3), Kind::input,
             {"4294967295×4294967295×4294967295 bytes", "corrupt"}));
}

// The largest address space that this process has had, in KiB; 0 if the system does not tell.
static std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::size_t kib = 0; word == "VmPeak:" && status >> kib) return kib;
  return 0;
}

TEST_CASE("idx: a small file that claims to be huge costs no memory") {
  const TempFolder folder;
  for (const auto& sizes : {std::vector<std::uint32_t>{1 << 20, 1 << 10, 1 << 10},
                            {0xFFFFFFFF, 1, 1},
                            {0xFFFFFFFF, 0x7FFFFFFF, 1},
                            {1, 0x80000000, 0x80000000}}) {
    const Bytes file = header(0x803, sizes) + Bytes(84, 1);
    for (const Bytes& bytes : {file, gzip(file)}) {
      const auto path = folder.write("a", bytes);
      const std::size_t before = peak_memory();
      const Error error = error_of([&] { idx::read(path, 3); });
      CHECK(peak_memory() - before < 10'000);
      CHECK(says(error, Kind::input, {"truncated: 100 bytes", "expected "}));
    }
  }
}

TEST_CASE("idx: a file that is not there") {
  const TempFolder folder;
  folder.write("file", {});
  for (const auto& path : {folder / "none", folder / "none/none", folder / "file/none"})
    CHECK(says(error_of([&] { idx::read(path, 3); }), Kind::input,
               {"[mnist] " + path.string() + ": cannot be opened: "}));
  const Error relative = error_of([] { idx::read("no-such-file", 3); });
  CHECK(says(relative, Kind::input,
             {(std::filesystem::current_path() / "no-such-file").string() + ": ", "No such file"}));
}

TEST_CASE("idx: a folder or a device in place of a file, and a pipe") {
  const TempFolder folder;
  CHECK(says(error_of([&] { idx::read(folder.path, 3); }), Kind::system,
             {folder.path.string() + ": cannot be read: Is a directory"}));
  CHECK(says(error_of([] { idx::read("/dev/null", 3); }), Kind::input, {"/dev/null: is empty"}));
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { folder.write("pipe", gzip(images(5))); });
  CHECK(idx::read(pipe, 3).bytes.size() == 30);
  writer.join();
}

TEST_CASE("idx: what the system refuses to read") {
  const TempFolder folder;
  const auto loop = folder / "loop";
  std::filesystem::create_symlink(loop, loop);
  CHECK(says(error_of([&] { idx::read(loop, 3); }), Kind::system,
             {loop.string() + ": cannot be opened: "}));
  if (std::filesystem::exists("/proc/self/mem"))
    CHECK(says(error_of([] { idx::read("/proc/self/mem", 3); }), Kind::system,
               {"/proc/self/mem: cannot be read: Input/output error"}));

  const auto secret = folder.write("secret", images(5));
  std::filesystem::permissions(folder.path, std::filesystem::perms(0755));
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  const ::uid_t user = ::geteuid();
  if (user == 0 && ::seteuid(65534) != 0) return;  // root may read everything
  const Error error = error_of([&] { idx::read(secret, 3); });
  REQUIRE(::seteuid(user) == 0);
  CHECK(says(error, Kind::system, {secret.string() + ": cannot be opened: Permission denied"}));
}

TEST_CASE(
    "idx: an array that stays in its file is that of a file that is read, and checked as it") {
  const TempFolder folder;
  const Bytes pictures = images(5);
  const auto path = folder.write("a", pictures);
  const auto in_file = idx::open(path, 3);
  const auto in_memory = idx::read(path, 3);
  CHECK(in_file.shape == in_memory.shape);
  Bytes bytes_of_file(in_file.bytes.size());
  in_file.bytes.read(0, bytes_of_file);
  CHECK(SharedBytes(bytes_of_file) == in_memory.bytes);
  const auto error = [&](const Bytes& bytes) {
    const auto file = folder.write("b", bytes);
    return error_of([&] { idx::open(file, 3); });
  };
  for (std::size_t count = 0; count < pictures.size(); ++count)
    CHECK(error(first(pictures, count)).kind() == Kind::input);
  CHECK(says(error(first(pictures, 20)), Kind::input,
             {"[mnist] ", "truncated: 20 bytes, expected 46 (16 + 5×2×3)"}));
  CHECK(says(error(pictures + Bytes{1}), Kind::input, {"too long: 47 bytes, expected 46"}));
  CHECK(says(error(gzip(pictures)), Kind::input, {"is gzipped", "Hint: gunzip -k"}));
  CHECK(says(error(labels({1, 2, 3})), Kind::input, {"this is a label file"}));
  CHECK(says(error_of([&] { idx::open(folder / "none", 3); }), Kind::input, {"none"}));
  CHECK(says(error_of([&] { idx::open(path, 0); }), Kind::usage, {"1 to 255"}));
}
