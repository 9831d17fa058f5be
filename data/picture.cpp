// PNG, by libpng, PGM, and the images of IDX.
#include <reel/data/picture.h>

#include <png.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include <reel/autodiff/core/file.h>
#include <reel/data/idx.h>

namespace reel::pixels {
namespace {

constexpr std::size_t longest_side = 4096;
constexpr std::size_t longest_file = std::size_t{1} << 28;
constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

// The rounded quotient.
std::uint8_t scaled(std::size_t level, std::size_t white) {
  return static_cast<std::uint8_t>((2 * 255 * level + white) / (2 * white));
}

// Decodes a PNG file to bytes: red, green, blue and alpha, row by row. libpng reports an error by a
// jump back to decode(), so the functions that it may leave have no variables with destructors.
class PngDecoder {
 public:
  explicit PngDecoder(std::string_view file) : rest_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, auto) {});
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  // Whether the file was decoded; if not, `error` says why not.
  bool decode() {
    if (!info_) throw std::bad_alloc();
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_read_fn(png_, this, on_read);
    png_read_info(png_, info_);
    rows = png_get_image_height(png_, info_);
    columns = png_get_image_width(png_, info_);
    if (rows > longest_side || columns > longest_side) png_error(png_, "larger than 4096×4096");
    png_set_scale_16(png_);
    png_set_expand(png_);
    png_set_gray_to_rgb(png_);
    png_set_add_alpha(png_, 0xFF, PNG_FILLER_AFTER);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    rgba.resize(rows * columns * 4);
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t row = 0; row < rows; ++row)
        png_read_row(png_, rgba.data() + row * columns * 4, nullptr);
    png_read_end(png_, nullptr);
    return true;
  }

  std::size_t rows = 0, columns = 0;
  std::vector<std::uint8_t> rgba;
  std::array<char, 128> error{};

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto& error = static_cast<PngDecoder*>(png_get_error_ptr(png))->error;
    std::strncpy(error.data(), message, error.size() - 1);
    png_longjmp(png, 1);
  }
  static void on_read(png_structp png, png_bytep into, std::size_t count) {
    std::string_view& rest = static_cast<PngDecoder*>(png_get_io_ptr(png))->rest_;
    if (rest.size() < count) png_error(png, "the file is cut short");
    std::memcpy(into, rest.data(), count);
    rest.remove_prefix(count);
  }

  std::string_view rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

// 0.299 R + 0.587 G + 0.114 B, times the opacity.
std::uint8_t luma_over_black(const std::uint8_t* rgba) {
  constexpr std::size_t thousand = 1000;
  const std::size_t luma =
      rgba[0] * std::size_t{299} + rgba[1] * std::size_t{587} + rgba[2] * std::size_t{114};
  return scaled(luma * rgba[3], thousand * 255 * 255);
}

// A PGM file: "P2" or "P5", columns, rows, the level of white, and the levels.
class Pgm {
 public:
  Pgm(const idx::InflatingReader& file, std::string_view text) : file_(file), rest_(text) {}

  Picture read() {
    const bool plain = rest_.starts_with("P2");
    rest_.remove_prefix(2);
    Picture picture;
    picture.columns = number(longest_side, "columns");
    picture.rows = number(longest_side, "rows");
    white_ = number(65'535, "for white");
    if (picture.columns == 0 || picture.rows == 0 || white_ == 0)
      file_.reject("its header has a 0.");
    const std::size_t count = picture.rows * picture.columns;
    if (!plain) start_of_levels(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t level = plain ? number(65'535, "as a level") : next_level();
      if (level > white_)
        file_.reject("level ", level, " at row ", i / picture.columns, ", column ",
                     i % picture.columns, ", expected at most ", white_, '.');
      picture.bytes.push_back(scaled(level, white_));
    }
    if (plain) skip_blanks();
    if (!rest_.empty()) file_.reject("goes on after its ", count, " pixels.");
    return picture;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  // Blanks, and comments from # to the end of the line.
  void skip_blanks() {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '#'))
      rest_.remove_prefix(rest_.front() == '#' ? std::min(rest_.find('\n'), rest_.size()) : 1);
  }

  std::size_t number(std::size_t most, const char* what) {
    skip_blanks();
    std::size_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (rest_.empty()) file_.reject("is cut short.");
    if (error != std::errc() || (stop != end && !is_blank(*stop) && *stop != '#') || value > most)
      file_.reject("expected a number up to ", most, ' ', what, " at ",
                   in_quotes(rest_.substr(0, 8)), '.');
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    return value;
  }

  void start_of_levels(std::size_t count) {
    const std::size_t bytes = count * width();
    if (rest_.empty() || !is_blank(rest_.front()) || rest_.size() - 1 < bytes)
      file_.reject("is cut short.");
    rest_.remove_prefix(1);
  }

  // Two bytes if white needs them, the larger first.
  std::size_t next_level() {
    std::size_t level = 0;
    for (std::size_t i = 0; i < width(); ++i) {
      level = level << 8 | static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
    }
    return level;
  }
  std::size_t width() const { return white_ > 255 ? 2 : 1; }

  const idx::InflatingReader& file_;
  std::string_view rest_;
  std::size_t white_ = 0;
};

Picture picture_of(const idx::InflatingReader& file, const std::string& text) {
  if (text.starts_with("P2") || text.starts_with("P5")) return Pgm(file, text).read();
  if (text.empty()) file.reject("is empty, expected a PNG or PGM file.");
  if (!std::string_view(text).starts_with(
          png_signature.substr(0, std::min(text.size(), png_signature.size()))))
    file.reject("is neither a PNG nor a PGM file.");
  PngDecoder png(text);
  if (!png.decode()) file.reject("is no valid PNG file: ", printable(png.error.data()), '.');
  Picture picture{png.rows, png.columns, std::vector<std::uint8_t>(png.rows * png.columns)};
  for (std::size_t i = 0; i < picture.bytes.size(); ++i)
    picture.bytes[i] = luma_over_black(png.rgba.data() + 4 * i);
  return picture;
}

// The rest of the file.
std::string text_of(idx::InflatingReader& file) {
  std::string text;
  std::array<std::uint8_t, 1 << 16> piece;
  while (const std::size_t count = file.read(piece)) {
    text.append(piece.begin(), piece.begin() + count);
    if (text.size() > longest_file) file.reject("is larger than ", longest_file, " bytes.");
  }
  return text;
}

std::vector<Picture> pictures_of(const idx::Array& array) {
  const std::size_t rows = array.shape[1], columns = array.shape[2], pixels = rows * columns;
  std::vector<Picture> pictures(array.shape[0], {rows, columns, {}});
  const std::uint8_t* from = array.bytes.data();
  for (Picture& picture : pictures) {
    picture.bytes.assign(from, from + pixels);
    from += pixels;
  }
  return pictures;
}

}  // namespace

Picture read_picture(const std::filesystem::path& path) {
  idx::InflatingReader file(path, "images");
  return picture_of(file, text_of(file));
}

Pictures read_pictures(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  idx::InflatingReader file(path, "images");
  if (file.peek(4) != "\0\0\x08\x03"sv) return {{picture_of(file, text_of(file))}};
  const idx::Array images = idx::read(file, 3);
  if (images.bytes.size() == 0) file.reject("has no pixels.");
  return {.pictures = pictures_of(images), .idx = true};
}

}  // namespace reel::pixels
