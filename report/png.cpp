// PNG files in memory, by libpng's simplified interface.
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/report/html.h>

namespace reel::html {
namespace {

constexpr std::size_t levels = 16;  // of each sign; few, so that a picture compresses well
constexpr std::array<std::uint8_t, 3> negative{0xe0, 0x6a, 0x00}, positive{0x1f, 0x7f, 0xd1};

std::string encoded(std::span<const std::uint8_t> pixels, std::size_t rows, std::size_t columns,
                    png_uint_32 format, std::span<const std::uint8_t> colours = {}) {
  if (rows * columns != pixels.size() || pixels.empty())
    fail_usage("png", pixels.size(), " pixels for a picture of ", rows, "×", columns, '.');
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(columns);
  image.height = static_cast<png_uint_32>(rows);
  image.format = format;
  image.colormap_entries = static_cast<png_uint_32>(colours.size() / 4);
  std::string file(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = file.size();
  if (!png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(),
                                 static_cast<png_int_32>(columns),
                                 colours.empty() ? nullptr : colours.data()))
    fail(Error::Kind::system, "png", image.message, '.');
  file.resize(size);
  return file;
}

}  // namespace

std::string grey_png(std::span<const std::uint8_t> pixels, std::size_t rows, std::size_t columns) {
  return encoded(pixels, rows, columns, PNG_FORMAT_GRAY);
}

std::string diverging_png(std::span<const double> values, std::size_t rows, std::size_t columns) {
  std::vector<std::uint8_t> colours;  // red, green, blue, opacity
  for (std::size_t i = 0; i <= 2 * levels; ++i) {
    const auto& colour = i < levels ? negative : positive;
    colours.insert(colours.end(), colour.begin(), colour.end());
    const std::size_t strength = i < levels ? levels - i : i - levels;
    colours.push_back(static_cast<std::uint8_t>(255 * strength / levels));
  }
  std::vector<std::uint8_t> pixels;
  for (const double value : values)
    pixels.push_back(static_cast<std::uint8_t>(
        std::lround((std::clamp(std::isfinite(value) ? value : 0, -1.0, 1.0) + 1) * levels)));
  return encoded(pixels, rows, columns, PNG_FORMAT_RGBA_COLORMAP, colours);
}

}  // namespace reel::html
