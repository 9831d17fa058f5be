// Parts of an HTML page as text: escaping, tables, pictures that are inside the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace reel::html {

/// Text between tags or in an attribute in double quotes.
std::string escaped(std::string_view text);
/// A JSON string with its quotes. It contains no `<`, so it may be in a script element.
std::string json_string(std::string_view text);
/// RFC 4648, with padding.
std::string base64(std::string_view bytes);
/// A number with at most so many significant digits: "0.125", "3.2e-05".
std::string number(double value, int digits = 3);

/// `<section id="id"><h2>title</h2>body</section>`; empty if the body is. `title` is plain text,
/// `body` is HTML.
std::string section(std::string_view id, std::string_view title, std::string_view body);
/// A complete page in UTF-8 with these style sheets. `title` is plain text, `body` is HTML.
std::string document(std::string_view title, std::string_view style, std::string_view body);

/// An img element. `alt`: plain text that describes the picture.
std::string image(std::string_view png, std::size_t rows, std::size_t columns,
                  std::string_view alt);
/// A PNG file of grey levels (rows, columns), 0 is black.
std::string grey_png(std::span<const std::uint8_t> levels, std::size_t rows, std::size_t columns);
/// A PNG file of values (rows, columns) from −1 to 1: negative ones are orange, positive ones blue,
/// and the smaller the absolute value, the more transparent, so that it fits any background.
std::string diverging_png(std::span<const double> values, std::size_t rows, std::size_t columns);

}  // namespace reel::html
