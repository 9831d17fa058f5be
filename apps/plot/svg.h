// Svg: the elements that charts are drawn with, as text; numbers and characters in one form.
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

/// With a digit after the point if there is one to show: "12", "0.5".
std::string number(double value);
/// As text of an XML document; characters that none may hold become U+FFFD.
std::string escaped(std::string_view text);
/// How wide a line of text is about, in a font of that size.
double text_width(std::string_view text, double font_size);
/// The words of a text in lines no wider than that.
std::vector<std::string> wrapped(const std::string& text, double font_size, double width);

/// Through the points, and back to the first one of a closed line.
std::string path_through(const Line& line);

class Svg {
 public:
  void open(std::string_view element, const std::string& attributes);
  void close(std::string_view element);
  void element(std::string_view element, const std::string& attributes);
  void path(std::string_view style, const std::string& d);
  /// `power` is set after it, raised: "10" and "−3".
  void text(std::string_view style, Point at, std::string_view text, std::string_view power = "",
            std::string_view transform = "");
  /// An element that holds nothing but text.
  void words(std::string_view element, std::string_view text);

  const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
};

/// name="value", with a space in front.
std::string attribute(std::string_view name, std::string_view value);
std::string attribute(std::string_view name, double value);

}  // namespace reel::plot
