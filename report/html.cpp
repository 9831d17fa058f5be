// Texts of HTML, base64 and JSON.
#include <reel/report/html.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include <reel/autodiff/core/error.h>
#include <reel/plot/svg.h>

namespace reel::html {

std::string escaped(std::string_view text) { return plot::escaped(text); }

std::string json_string(std::string_view text) {
  std::string json =
      nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos;)
    json.replace(at, 1, "\\u003c");
  return json;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string number(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string section(std::string_view id, std::string_view title, std::string_view body) {
  if (body.empty()) return {};
  return concat("<section id=\"", id, "\">\n<h2>", escaped(title), "</h2>\n", body, "</section>\n");
}

std::string document(std::string_view title, std::string_view style, std::string_view body) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
      escaped(title), "</title>\n<style>\n", style, "</style>\n</head>\n<body>\n<h1>",
      escaped(title), "</h1>\n", body, "</body>\n</html>\n");
}

std::string image(std::string_view png, std::size_t rows, std::size_t columns,
                  std::string_view alt) {
  return concat("<img width=\"", columns, "\" height=\"", rows, "\" alt=\"", escaped(alt),
                "\" src=\"data:image/png;base64,", base64(png), "\">");
}

}  // namespace reel::html
