// Draws five digits before and after each change of an augmentation, and checks that a digit keeps
// its ink.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <reel/data/augmentation.h>

using namespace reel;
using data::AugmentationOptions;

namespace {

constexpr std::size_t side = 28, pixels = side * side, digits = 5;

struct Point {
  double x, y;
};
using Stroke = std::vector<Point>;

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double t =
      std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// A stroke of a pen that is about three pixels wide.
void draw(const Stroke& stroke, Real* image) {
  for (std::size_t r = 0; r < side; ++r)
    for (std::size_t c = 0; c < side; ++c)
      for (std::size_t k = 1; k < stroke.size(); ++k) {
        const double d =
            distance({static_cast<double>(c), static_cast<double>(r)}, stroke[k - 1], stroke[k]);
        Real& pixel = image[r * side + c];
        pixel = std::max(pixel, static_cast<Real>(std::clamp(2 - d, 0.0, 1.0)));
      }
}

Tensor drawn_digits() {
  const std::array<Stroke, digits> strokes{{
      {{14, 5}, {9, 8}, {8, 14}, {9, 20}, {14, 23}, {19, 20}, {20, 14}, {19, 8}, {14, 5}},
      {{10, 9}, {15, 5}, {14, 23}},
      {{8, 9}, {11, 5}, {17, 5}, {19, 9}, {16, 14}, {8, 22}, {20, 22}},
      {{9, 6}, {19, 6}, {13, 12}, {18, 14}, {19, 19}, {14, 23}, {8, 20}},
      {{18, 23}, {17, 5}, {8, 16}, {21, 16}},
  }};
  Tensor images = zeros({digits, side, side});
  for (std::size_t i = 0; i < digits; ++i) draw(strokes[i], images.data() + i * pixels);
  return images;
}

double ink(const Real* image) { return std::accumulate(image, image + pixels, 0.0); }

}  // namespace

TEST_CASE("augmentation: a picture of digits before and after each change") {
  struct Row {
    const char* name;
    AugmentationOptions options;
    double kept;  // the part of the ink that is at least kept
  };
  const std::vector<Row> rows{
      {"before", {}, 1},
      {"shift", {.shift = 3}, 0.95},
      {"rotation", {.rotation = 20}, 0.95},
      {"scale", {.scale = 0.2}, 0.64},
      {"shear", {.shear = 20}, 0.95},
      {"elastic", {.elastic = 36}, 0.8},
      {"flip", {.flip = 1}, 1},
      {"erase", {.erase = 1, .erase_most = 0.2}, 0.2},
      {"all", {.shift = 1, .rotation = 7.5, .scale = 0.075, .elastic = 36}, 0.7},
  };
  const Tensor before = drawn_digits();
  const std::vector<std::uint32_t> samples{0, 1, 2, 3, 4};
  const std::filesystem::path folder = REEL_PICTURES;
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = folder / "augmentation.pgm";
  std::ofstream out(path);  // portable grey map, as text
  out << "P2\n# rows:";
  for (const Row& row : rows) out << ' ' << row.name;
  out << '\n' << digits * side << ' ' << rows.size() * side << "\n255\n";
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Tensor after = before;
    data::Augmentation(row.options)
        .apply({after.data(), after.size()}, {side, side}, samples, Rng(7));
    for (std::size_t i = 0; i < digits; ++i) {
      const double kept = ink(after.data() + i * pixels) / ink(before.data() + i * pixels);
      CHECK(kept >= row.kept * (1 - 1e-6));
      CHECK(kept <= 1 / row.kept * (1 + 1e-6));
    }
    const bool same = std::equal(before.begin(), before.end(), after.begin());
    CHECK(same ==
          (row.options.shift + row.options.rotation + row.options.scale + row.options.shear +
               row.options.elastic + row.options.flip + row.options.erase ==
           0));
    for (std::size_t r = 0; r < side; ++r) {
      for (std::size_t i = 0; i < digits; ++i)
        for (std::size_t c = 0; c < side; ++c)
          out << std::lround(255 * std::clamp(after(i, r, c), Real(0), Real(1))) << ' ';
      out << '\n';
    }
  }
  out.close();
  CHECK(out.good());
  CHECK(std::filesystem::file_size(path) > 2 * digits * pixels * rows.size());
}
