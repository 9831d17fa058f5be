// Finds the ink, scales it and moves it.
#include <reel/data/digit.h>

#include <algorithm>
#include <cmath>

namespace reel::pixels {
namespace {

constexpr std::size_t inner_side = 20;
constexpr std::uint8_t faint = 64;  // of the ink, up to 255

// The pixels between `low` and `high` of an axis.
struct Span {
  std::size_t low, high;
  std::size_t size() const { return high - low; }
};

// The first and the last place of an axis with ink that is not faint.
template <class HasInk>
Span span_of(std::size_t size, HasInk has_ink) {
  Span span{0, size};
  while (span.low + 1 < span.high && !has_ink(span.low)) ++span.low;
  while (span.low + 1 < span.high && !has_ink(span.high - 1)) --span.high;
  return span;
}

// For each pixel of a scaled axis, the pixels that it covers, with their shares, which sum to 1.
struct Share {
  std::size_t from;
  double weight;
};
std::vector<std::vector<Share>> shares(Span span, std::size_t size) {
  const double length = static_cast<double>(span.size()) / static_cast<double>(size);
  std::vector<std::vector<Share>> result(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double begin = static_cast<double>(i) * length, end = begin + length;
    for (auto k = static_cast<std::size_t>(begin); k < span.size(); ++k) {
      const auto at = static_cast<double>(k);
      const double covered = std::min(end, at + 1) - std::max(begin, at);
      if (covered <= 0) break;
      result[i].push_back({span.low + k, covered / length});
    }
  }
  return result;
}

// Where to put `size` pixels with this centre of mass on an axis of 28.
std::size_t start_of(double centre, std::size_t size) {
  const double start = std::round(static_cast<double>(digit_side) / 2 - centre);
  return static_cast<std::size_t>(std::clamp(start, 0.0, static_cast<double>(digit_side - size)));
}

}  // namespace

std::uint8_t paper_of(const Picture& picture) {
  std::vector<std::uint8_t> border;
  for (std::size_t i = 0; i < picture.rows; ++i) {
    const std::size_t last = picture.columns - 1;
    const bool whole = i == 0 || i + 1 == picture.rows;
    for (std::size_t j = 0; j <= last; j += whole || last == 0 ? 1 : last)
      border.push_back(picture.bytes[i * picture.columns + j]);
  }
  const auto middle = border.begin() + static_cast<std::ptrdiff_t>(border.size() / 2);
  std::nth_element(border.begin(), middle, border.end());
  return *middle;
}

std::optional<Picture> centred_digit(const Picture& picture) {
  if (picture.rows == 0 || picture.columns == 0) return std::nullopt;
  const int paper = paper_of(picture);
  const bool light = has_light_paper(picture);
  Picture ink = picture;
  for (std::uint8_t& pixel : ink.bytes)
    pixel = static_cast<std::uint8_t>(std::max(0, light ? paper - pixel : pixel - paper));
  const std::uint8_t most = *std::max_element(ink.bytes.begin(), ink.bytes.end());
  if (most == 0) return std::nullopt;
  for (std::uint8_t& pixel : ink.bytes) pixel = static_cast<std::uint8_t>(pixel * 255 / most);
  const auto at = [&](std::size_t i, std::size_t j) { return ink.bytes[i * ink.columns + j]; };

  const Span rows = span_of(ink.rows, [&](std::size_t i) {
    const auto row = ink.bytes.begin() + static_cast<std::ptrdiff_t>(i * ink.columns);
    return std::any_of(row, row + static_cast<std::ptrdiff_t>(ink.columns),
                       [](std::uint8_t pixel) { return pixel >= faint; });
  });
  const Span columns = span_of(ink.columns, [&](std::size_t j) {
    for (std::size_t i = 0; i < ink.rows; ++i)
      if (at(i, j) >= faint) return true;
    return false;
  });

  const double longest = static_cast<double>(std::max(rows.size(), columns.size()));
  const auto scaled = [&](Span span) {
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(static_cast<double>(span.size()) *
                                                static_cast<double>(inner_side) / longest)));
  };
  const std::size_t height = scaled(rows), width = scaled(columns);
  const auto by_row = shares(rows, height), by_column = shares(columns, width);
  std::vector<double> small(height * width);
  double mass = 0, down = 0, right = 0;
  for (std::size_t i = 0; i < height; ++i)
    for (std::size_t j = 0; j < width; ++j) {
      double& value = small[i * width + j];
      for (const Share& y : by_row[i])
        for (const Share& x : by_column[j]) value += y.weight * x.weight * at(y.from, x.from);
      mass += value;
      down += value * (static_cast<double>(i) + 0.5);
      right += value * (static_cast<double>(j) + 0.5);
    }
  Picture result{digit_side, digit_side, std::vector<std::uint8_t>(digit_side * digit_side)};
  const std::size_t top = start_of(down / mass, height), left = start_of(right / mass, width);
  for (std::size_t i = 0; i < height; ++i)
    for (std::size_t j = 0; j < width; ++j)
      result.bytes[(top + i) * digit_side + left + j] =
          static_cast<std::uint8_t>(std::lround(std::min(255.0, small[i * width + j])));
  return result;
}

}  // namespace reel::pixels
