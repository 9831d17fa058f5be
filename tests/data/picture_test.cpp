// Pictures become grey levels: each kind of PNG, PGM, and every way to be malformed.
#include <reel/data/picture.h>

#include "picture_files.h"

using namespace reel;
using namespace reel::testing;

namespace {

pixels::Picture picture(const Bytes& file) {
  const TempFolder folder;
  return pixels::read_picture(folder.write("a.png", file));
}

Bytes levels(const Bytes& file) { return picture(file).bytes; }

// The error for a file with this text or these bytes.
bool refuses(const Bytes& file, const std::string& why) {
  const TempFolder folder;
  const auto path = folder.write("a.png", file);
  return says(error_of([&] { pixels::read_picture(path); }), Kind::input,
              {"[images] " + path.string() + ": " + why});
}

}  // namespace

TEST_CASE("picture: grey levels of every depth of PNG") {
  const pixels::Picture read = picture(png(3, {{0, 1, 2}, {128, 254, 255}}));
  CHECK(read.rows == 2);
  CHECK(read.columns == 3);
  CHECK(read.bytes == Bytes{0, 1, 2, 128, 254, 255});
  CHECK(levels(png(4, {{0b10100000}}, grey, 1)) == Bytes{255, 0, 255, 0});
  CHECK(levels(png(4, {{0b00011011}}, grey, 2)) == Bytes{0, 85, 170, 255});
  CHECK(levels(png(2, {{0x0F}}, grey, 4)) == Bytes{0, 255});
  CHECK(levels(png(3, {{0x00, 0x00, 0x80, 0x80, 0xFF, 0xFF}}, grey, 16)) == Bytes{0, 128, 255});
}

TEST_CASE("picture: colours become their luma") {
  const Bytes line = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 9, 9, 9};
  // 255 times 0.299, 0.587 and 0.114, rounded
  CHECK(levels(png(5, {line}, rgb)) == Bytes{76, 150, 29, 255, 9});
  const Bytes colours = chunk("PLTE", {0, 0, 0, 255, 0, 0, 10, 10, 10});
  CHECK(levels(png(3, {{2, 1, 0}}, palette, 8, colours)) == Bytes{10, 76, 0});
}

TEST_CASE("picture: transparent pixels are laid over black") {
  CHECK(levels(png(3, {{200, 255, 200, 51, 200, 0}}, grey_alpha)) == Bytes{200, 40, 0});
  CHECK(levels(png(2, {{255, 255, 255, 255, 255, 255, 255, 128}}, rgb_alpha)) == Bytes{255, 128});
  const Bytes colours = chunk("PLTE", {100, 100, 100, 50, 50, 50}) + chunk("tRNS", {0});
  CHECK(levels(png(2, {{0, 1}}, palette, 8, colours)) == Bytes{0, 50});
  CHECK(levels(png(2, {{7, 8}}, grey, 8, chunk("tRNS", {0, 7}))) == Bytes{0, 8});
}

TEST_CASE("picture: gamma changes nothing") {
  const Bytes gamma = chunk("gAMA", big_endian(100'000));  // linear
  CHECK(levels(png(3, {{1, 100, 200}}, grey, 8, gamma)) == Bytes{1, 100, 200});
}

TEST_CASE("picture: a PNG that is cut anywhere, or damaged") {
  const Bytes whole = png(3, {{0, 1, 2}, {3, 4, 5}});
  for (std::size_t length = 1; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(refuses(first(whole, length), "is no valid PNG file: the file is cut short"));
  }
  Bytes damaged = whole;
  damaged[damaged.size() - 16] ^= 1;  // in the checksum of the pixels
  CHECK(refuses(damaged, "is no valid PNG file: "));
  CHECK(refuses(png(4, {{0, 1, 2}, {3, 4, 5}}), "is no valid PNG file: "));
  CHECK(refuses(png(5000, {{0, 1}}), "is no valid PNG file: larger than 4096×4096"));
  CHECK(refuses({}, "is empty"));
  CHECK(refuses(bytes_of("GIF89a"), "is neither a PNG nor a PGM file"));
}

TEST_CASE("picture: PGM, as bytes or as text, of every depth") {
  CHECK(levels(bytes_of("P5 2 1 255\n") + Bytes{7, 255}) == Bytes{7, 255});
  CHECK(levels(bytes_of("P5\n# a comment\n2 # two\n1\n255\n") + Bytes{10, 35}) == Bytes{10, 35});
  CHECK(levels(bytes_of("P5 2 1 65535\n") + Bytes{0x80, 0x80, 0xFF, 0xFF}) == Bytes{128, 255});
  CHECK(levels(bytes_of("P5 3 1 15\n") + Bytes{0, 1, 15}) == Bytes{0, 17, 255});
  CHECK(levels(bytes_of("P2\n2 2\n1\n0 1\n1 0\n")) == Bytes{0, 255, 255, 0});
  const pixels::Picture read = picture(bytes_of("P2 3 2 255 1 2 3 4 5 6"));
  CHECK(read.rows == 2);
  CHECK(read.columns == 3);
}

TEST_CASE("picture: a malformed PGM") {
  CHECK(refuses(bytes_of("P5 2 1 255\n") + Bytes{7}, "is cut short"));
  CHECK(refuses(bytes_of("P5 2 1"), "is cut short"));
  CHECK(refuses(bytes_of("P5 2 1 65535\n") + Bytes{7, 7, 7}, "is cut short"));
  CHECK(refuses(bytes_of("P5 2 1 255\n") + Bytes{7, 8, 9}, "goes on after its 2 pixels"));
  CHECK(refuses(bytes_of("P2 2 1 255 7"), "is cut short"));
  CHECK(refuses(bytes_of("P2 2 1 255 7 8 9"), "goes on after its 2 pixels"));
  CHECK(
      refuses(bytes_of("P2 2 1 100 7 101"), "level 101 at row 0, column 1, expected at most 100"));
  CHECK(
      refuses(bytes_of("P2 two 1 100 7 8"), "expected a number up to 4096 columns at \"two 1 10"));
  CHECK(refuses(bytes_of("P2 -2 1 100 7 8"), "expected a number up to 4096 columns"));
  CHECK(refuses(bytes_of("P5 5000 1 100 7 8"), "expected a number up to 4096 columns"));
  CHECK(refuses(bytes_of("P5 0 1 255\n"), "its header has a 0"));
  CHECK(refuses(bytes_of("P5 1 1 65536\n"), "expected a number up to 65535 for white"));
}
