// Drawn digits: size, centre, inverted ink, and pictures without a digit.
#include <reel/data/digit.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../throws.h"
#include "picture_files.h"

using namespace reel;
using pixels::Picture;
using testing::operator+;

namespace {

Picture blank(std::size_t rows, std::size_t columns, std::uint8_t paper = 0) {
  return {rows, columns, std::vector<std::uint8_t>(rows * columns, paper)};
}

// A filled rectangle of this level.
void fill(Picture& picture, std::size_t top, std::size_t left, std::size_t rows,
          std::size_t columns, std::uint8_t level) {
  for (std::size_t i = top; i < top + rows; ++i)
    for (std::size_t j = left; j < left + columns; ++j)
      picture.bytes[i * picture.columns + j] = level;
}

// The rectangle [top, bottom) × [left, right) of pixels above 0.
struct Box {
  std::size_t top = 99, bottom = 0, left = 99, right = 0;
  bool operator==(const Box&) const = default;
};
Box box_of(const Picture& picture) {
  Box box;
  for (std::size_t i = 0; i < picture.rows; ++i)
    for (std::size_t j = 0; j < picture.columns; ++j)
      if (picture.bytes[i * picture.columns + j] > 0) {
        box.top = std::min(box.top, i), box.bottom = std::max(box.bottom, i + 1);
        box.left = std::min(box.left, j), box.right = std::max(box.right, j + 1);
      }
  return box;
}

}  // namespace

TEST_CASE("digit: a bar fits into 20 × 20 by its aspect, in the middle, dark or light") {
  Picture light = blank(300, 200), dark = blank(300, 200, 240);
  fill(light, 20, 110, 200, 50, 180);
  fill(dark, 20, 110, 200, 50, 30);
  const auto a = pixels::centred_digit(light), b = pixels::centred_digit(dark);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->rows == 28);
  CHECK(a->columns == 28);
  CHECK(box_of(*a) == Box{4, 24, 11, 16});  // 14 − 2.5 = 11.5, rounded to even sides alike
  CHECK(a->bytes == b->bytes);
  CHECK(*std::max_element(a->bytes.begin(), a->bytes.end()) == 255);
}

TEST_CASE("digit: the centre of mass is in the middle, and edges are anti-aliased") {
  Picture picture = blank(60, 60);
  fill(picture, 5, 5, 30, 10, 255);   // an L: heavy on the left and at the bottom
  fill(picture, 35, 5, 11, 41, 255);  // a box of 41 × 41
  const auto digit = pixels::centred_digit(picture);
  REQUIRE(digit);
  double mass = 0, down = 0, right = 0;
  for (std::size_t i = 0; i < 28; ++i)
    for (std::size_t j = 0; j < 28; ++j) {
      const double ink = digit->bytes[i * 28 + j];
      mass += ink, down += ink * (static_cast<double>(i) + 0.5);
      right += ink * (static_cast<double>(j) + 0.5);
    }
  CHECK(std::abs(down / mass - 14) <= 0.51);
  CHECK(std::abs(right / mass - 14) <= 0.51);
  const Box box = box_of(*digit);
  CHECK(box.bottom - box.top == 20);
  CHECK(box.right - box.left == 20);
  CHECK(std::any_of(digit->bytes.begin(), digit->bytes.end(),
                    [](std::uint8_t level) { return level > 0 && level < 255; }));
  CHECK(mass / 255 == doctest::Approx((30 * 10 + 11 * 41) * 400 / 1681.0).epsilon(0.01));
}

TEST_CASE("digit: nothing, one pixel, faint dirt, one row, huge") {
  CHECK(!pixels::centred_digit({}));
  CHECK(!pixels::centred_digit(blank(28, 28)));
  CHECK(!pixels::centred_digit(blank(28, 28, 255)));
  CHECK(!pixels::centred_digit(blank(1, 1, 77)));
  Picture one = blank(28, 28);
  fill(one, 3, 25, 1, 1, 9);
  CHECK(box_of(pixels::centred_digit(one).value()) == Box{4, 24, 4, 24});
  fill(one, 10, 5, 10, 10, 200);  // now the pixel is dirt
  CHECK(box_of(pixels::centred_digit(one).value()) == Box{4, 24, 4, 24});
  Picture row = blank(1, 50);
  fill(row, 0, 20, 1, 10, 255);
  CHECK(box_of(pixels::centred_digit(row).value()) == Box{13, 15, 4, 24});
  Picture huge = blank(4096, 4096, 255);
  fill(huge, 1000, 100, 3000, 1500, 0);
  CHECK(box_of(pixels::centred_digit(huge).value()) == Box{4, 24, 9, 19});
}

TEST_CASE("digit: a digit drawn in colour is the digit of its luma") {
  const testing::TempFolder folder;
  // blue ink, whose luma is 15, on yellow paper, whose luma is 241
  constexpr std::size_t rows = 40, columns = 30;
  std::vector<testing::Bytes> lines(rows);
  Picture plain = blank(rows, columns, 241);
  fill(plain, 5, 10, 30, 4, 15);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      lines[i] = lines[i] + (plain.bytes[i * columns + j] == 15 ? testing::Bytes{0, 6, 100}
                                                                : testing::Bytes{255, 255, 130});
  const auto file = folder.write("seven.png", testing::png(columns, lines, testing::rgb));
  const Picture colour = pixels::read_picture(file);
  CHECK(colour.bytes == plain.bytes);
  CHECK(pixels::has_light_paper(colour));
  CHECK(pixels::centred_digit(colour).value().bytes == pixels::centred_digit(plain).value().bytes);
  CHECK(box_of(pixels::centred_digit(colour).value()) == Box{4, 24, 13, 16});
}

TEST_CASE("digit: read_pictures takes IDX too, as the reader of data sets does") {
  const testing::TempFolder folder;
  using namespace std::string_literals;
  const auto read = [&](const std::string& bytes) {
    return pixels::read_pictures(folder.write("f", testing::bytes_of(bytes)));
  };
  const std::string header = "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03"s;
  const auto gzipped = [&](const std::string& bytes) {
    const testing::Bytes packed = testing::gzip(testing::bytes_of(bytes));
    return std::string(packed.begin(), packed.end());
  };
  for (const std::string& file : {header + "abcdef", gzipped(header + "abcdef")}) {
    const pixels::Pictures all = read(file);
    CHECK(all.idx);
    REQUIRE(all.pictures.size() == 2);
    CHECK(all.pictures[1].rows == 1);
    CHECK(all.pictures[0].bytes == testing::bytes_of("abc"));
    CHECK(all.pictures[1].bytes == testing::bytes_of("def"));
  }
  CHECK_ERROR("[images] " + (folder / "f").string() + ": truncated: 21 bytes, expected 22",
              read(header + "abcde"));
  CHECK_ERROR("truncated: 21 bytes unpacked", read(gzipped(header + "abcde")));
  CHECK_ERROR("too long", read(header + "abcdefg"));
  CHECK_ERROR("ends within its header", read(header.substr(0, 15)));
  CHECK_ERROR("has no pixels", read("\0\0\x08\x03\0\0\0\0\0\0\0\x01\0\0\0\x03"s));
  CHECK_ERROR("more than any file has", read("\0\0\x08\x03"s + std::string(12, '\xFF')));
  CHECK_ERROR("the gzip data is cut short", read("\x1F\x8B\x08"));
  for (const std::string& file : {"P2 1 1 9 9"s, gzipped("P2 1 1 9 9")}) {
    const pixels::Pictures one = read(file);
    CHECK_FALSE(one.idx);
    CHECK(one.pictures.at(0).bytes == testing::Bytes{255});
  }
}

TEST_CASE("digit: the paper is the median of the border") {
  Picture picture = blank(10, 10, 200);
  fill(picture, 1, 1, 8, 8, 0);  // of the 36 pixels of the border none
  CHECK(pixels::paper_of(picture) == 200);
  fill(picture, 0, 0, 1, 10, 7);  // 10 of them
  CHECK(pixels::paper_of(picture) == 200);
  fill(picture, 9, 0, 1, 9, 7);
  CHECK(pixels::paper_of(picture) == 7);
  CHECK_FALSE(pixels::has_light_paper(picture));
  CHECK(pixels::has_light_paper(blank(1, 1, 128)));
  CHECK_FALSE(pixels::has_light_paper(blank(1, 1, 127)));
}
