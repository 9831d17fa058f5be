// Images as the lines of a table.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <reel/data/fields.h>
#include <reel/data/pixels.h>

namespace reel::pixels {
namespace {

constexpr std::int32_t most_classes = 65'536;
constexpr unsigned brightest = 255;

// Whether a field is a pixel, such as "17"; some programs write "17.0".
bool is_pixel(std::string_view field, std::uint8_t& pixel) {
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, pixel);
  if (error == std::errc() && stop == end) return true;
  double value = 0;
  if (!csv::is_number(field, value) || !(value >= 0 && value <= brightest)) return false;
  pixel = static_cast<std::uint8_t>(value);
  return pixel == value;
}

class Table {
 public:
  explicit Table(const std::filesystem::path& path) : file_(path, ',') {
    double ignored = 0;
    const std::string_view first = fields()[0];
    if (first.empty() || csv::is_number(first, ignored)) {
      columns_ = fields().size();
    } else {
      names_.assign(fields().begin(), fields().end());
      columns_ = names_.size();
      if (!file_.next())
        file_.reject("has only a header, expected an image on each line after it.");
    }
    if (columns_ < 2)
      file_.reject("line ", file_.line(), " has one field, expected a label and pixels.");
  }

  Labelled read() {
    Labelled result{.shape = shape_of(columns_ - 1)};
    do {
      if (fields().size() != columns_)
        file_.reject("line ", file_.line(), " has ", fields().size(), " fields, expected ",
                     columns_, '.');
      result.labels.push_back(label());
      for (std::size_t c = 1; c < columns_; ++c) {
        std::uint8_t pixel = 0;
        if (!is_pixel(fields()[c], pixel))
          reject(c, "expected a pixel, a whole number from 0 to 255.");
        result.bytes.push_back(pixel);
      }
    } while (file_.next());
    return result;
  }

 private:
  const std::vector<std::string_view>& fields() const { return file_.fields(); }

  std::int32_t label() const {
    std::int32_t value = 0;
    const std::string_view field = fields()[0];
    if (csv::is_label(field)) std::from_chars(field.data(), field.data() + field.size(), value);
    if (!csv::is_label(field) || value >= most_classes)
      reject(0, "expected a label, a whole number from 0 to 65535.");
    return value;
  }

  [[noreturn]] void reject(std::size_t c, const char* expected) const {
    const std::string_view field = fields()[c];
    file_.reject("line ", file_.line(), ", column ",
                 names_.empty() ? std::to_string(c + 1) : in_quotes(names_[c]), ": ",
                 field.empty() ? "is empty" : in_quotes(field), ", ", expected);
  }

  csv::Fields file_;
  std::vector<std::string> names_;  // of the columns; none without a header
  std::size_t columns_ = 0;
};

}  // namespace

std::vector<std::size_t> shape_of(std::size_t pixels) {
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(pixels))));
  if (side * side == pixels) return {side, side};
  return {pixels};
}

Labelled read_csv(const std::filesystem::path& path) { return Table(path).read(); }

}  // namespace reel::pixels
