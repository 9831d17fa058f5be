// Formats numbers and columns, and finds similar names.
#include "text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <sstream>
#include <utility>

#include <reel/autodiff/core/error.h>

namespace reel::apps {
namespace {

// The number of insertions, deletions and replacements between two texts. Levenshtein 1966.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// Whether a byte continues a character of UTF-8.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string percent(double share) {
  if (std::isnan(share)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

std::string duration(double seconds) {
  if (!(seconds >= 0)) return "–";
  if (seconds < 59.95) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f s", seconds < 9.995 ? 2 : 1, seconds);
    return text;
  }
  const auto whole = static_cast<std::size_t>(std::llround(seconds));
  const std::size_t minutes = whole / 60;
  return minutes < 60 ? concat(minutes, " min ", whole % 60, " s")
                      : concat(minutes / 60, " h ", minutes % 60, " min");
}

std::string significant(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string shortest_text(double value) {
  char text[32];
  return {text, std::to_chars(text, std::end(text), value).ptr};
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b')  // a code of colours ends with m
      i = std::min(text.find('m', i), text.size());
    else
      width += !continues(text[i]);
  }
  return width;
}

std::string bar(double share, std::size_t width) {
  std::string text;
  const auto blocks = std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
  for (long i = 0; i < blocks; ++i) text += "█";
  return text;
}

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  if (width == 0) return {};
  std::size_t end = 0, characters = 0;
  for (; end < text.size(); ++end)
    if (!continues(text[end]) && ++characters == width) break;  // the place of the ellipsis
  return text.substr(0, end) + "…";
}

std::string padded(const std::string& text, std::size_t width, bool right_aligned) {
  const std::size_t length = width_of(text);
  const std::string space(width > length ? width - length : 0, ' ');
  return right_aligned ? space + text : text + space;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines, words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    if (word.front() == '%' && !words.empty())
      words.back() += ' ' + word;
    else
      words.push_back(word);
  }
  for (const std::string& word : words) {
    if (!lines.empty() && width_of(lines.back()) + 1 + width_of(word) <= width)
      lines.back() += ' ' + word;
    else
      lines.push_back(word);
  }
  return lines;
}

std::string paragraph(const std::string& text, std::size_t width) {
  std::string lines;
  for (const std::string& line : wrapped(text, width)) lines += line + '\n';
  return lines;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string listed(const std::vector<std::string>& names, const std::string& last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : last) + names[i];
  return text;
}

std::vector<std::string> similar(std::string_view name, const std::vector<std::string>& names) {
  const std::string mistyped = lower_case(name);
  std::vector<std::pair<std::size_t, std::size_t>> near;  // distance, index
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string right = lower_case(names[i]);
    const bool contains = (!mistyped.empty() && right.find(mistyped) != std::string::npos) ||
                          (right.size() > 3 && mistyped.find(right) != std::string::npos);
    const std::size_t d = contains ? 1 : distance(mistyped, right);
    if (d <= std::max<std::size_t>(2, name.size() / 3)) near.emplace_back(d, i);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > 3) near.resize(3);
  std::vector<std::string> nearby;
  for (const auto& [d, i] : near) nearby.push_back(names[i]);
  return nearby;
}

std::string nearest(std::string_view name, const std::vector<std::string>& names) {
  const std::vector<std::string> near = similar(name, names);
  return listed(near.empty() ? names : near);
}

}  // namespace reel::apps
