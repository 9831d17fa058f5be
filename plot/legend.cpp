// The names in a legend, and how their lines look.
#include <algorithm>

#include <reel/autodiff/core/error.h>

#include "chart.h"

namespace reel::plot {

Legend::Legend(const Picture& picture) {
  for (const Chart& chart : picture.charts)
    for (const Series& series : chart.series)
      if (!series.name.empty() && (entries_.empty() || !index(series.name)))
        entries_.push_back({series.name, series.style});
}

std::optional<std::size_t> Legend::index(const std::string& name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].name == name) return i;
  if (entries_.empty()) return 0;  // without a legend, use the first colour
  return {};
}

bool Legend::needs_marks(std::size_t entry) const {
  if (entry >= entries_.size()) return false;
  const Style style = entries_[entry].style;
  const bool marked = style == Style::dots || style == Style::line_and_dots;
  return !marked && std::count_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& other) { return other.style == style; }) > 1;
}

std::string colour_class(std::optional<std::size_t> entry) {
  return entry ? concat('c', *entry % colours) : std::string("plain");
}

std::string line_class(Style style, std::optional<std::size_t> entry) {
  return "line " + colour_class(entry) + (style == Style::dashes ? " dashes" : "");
}

}  // namespace reel::plot
