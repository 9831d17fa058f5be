// One chart of a picture: its axes, surface, series and markers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lines.h"
#include "plot.h"

namespace reel::plot {

constexpr double small_font = 12, font = 13;  // as in the style sheet
constexpr double bold = 1.14;                 // how much wider than plain text
constexpr double chart_title_font = 14 * bold, title_font = 17 * bold;
constexpr std::size_t colours = 7;

/// The names in a picture's legend, in the order of their colours.
class Legend {
 public:
  explicit Legend(const Picture& picture);

  struct Entry {
    std::string name;
    Style style;
  };
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// The index of a name among the entries; empty if it is not there.
  std::optional<std::size_t> index(const std::string& name) const;
  /// Whether only the colour tells this entry's line from another, so that the line needs marks.
  bool needs_marks(std::size_t entry) const;

 private:
  std::vector<Entry> entries_;
};

/// The CSS class of an entry's colour, or of a series that is not in the legend.
std::string colour_class(std::optional<std::size_t> entry);
/// The CSS classes of a line.
std::string line_class(Style style, std::optional<std::size_t> entry);

/// Whether the band of a series has a place at its i-th x. Its low end needs no logarithm.
bool has_band(const Chart& chart, const Series& series, std::size_t i);

/// Throws Error, naming the reason, if the chart cannot be drawn.
void check(const Chart& chart);
/// Draws the chart into a cell of the page.
void draw(Svg& out, const Chart& chart, const Box& cell, const Legend& legend);

}  // namespace reel::plot
