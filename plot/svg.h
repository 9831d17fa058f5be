// Svg: the elements that charts need, as text; numbers and characters have one format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reel::plot {

struct Point {
  double x, y;
  bool operator==(const Point&) const = default;
};
using Line = std::vector<Point>;  ///< closed if it ends where it began

/// With at most one digit after the point: "12", "0.5".
std::string number(double value);
/// Escapes text for XML; characters that XML does not allow become U+FFFD.
std::string escaped(std::string_view text);
/// The approximate width of a line of text in a font of this size.
double text_width(std::string_view text, double font_size);
/// The words of a text in lines of at most this width.
std::vector<std::string> wrapped(const std::string& text, double font_size, double width);

/// A path through the points; a closed line returns to its first point.
std::string path_through(const Line& line);

class Svg {
 public:
  void open(std::string_view element, const std::string& attributes);
  void close(std::string_view element);
  void element(std::string_view element, const std::string& attributes);
  void path(std::string_view style, const std::string& d);
  /// `power` follows as a superscript: "10" and "−3".
  void text(std::string_view style, Point at, std::string_view text, std::string_view power = "",
            std::string_view transform = "");
  /// An element that contains only text.
  void words(std::string_view element, std::string_view text);

  const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
};

/// name="value", after a space.
std::string attribute(std::string_view name, std::string_view value);
std::string attribute(std::string_view name, double value);

}  // namespace reel::plot
