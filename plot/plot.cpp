// Pictures: charts in rows under a title, with one legend and one style sheet for all.
#include "plot.h"

#include <algorithm>
#include <cmath>

#include <reel/autodiff/core/error.h>

#include "chart.h"

namespace reel::plot {
namespace {

// Colours after Okabe and Ito (2008); faint ones are darker on white and lighter on black. Plain
// values and no CSS variables, because some readers know neither variables nor @media. Each colour
// also has its own mark.
constexpr const char* style = R"(
svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
text{fill:#1b1f24;font-size:13px}
.title{font-size:17px;font-weight:600;text-anchor:middle}
.chart-title{font-size:14px;font-weight:600;text-anchor:middle}
.note{font-size:11px;text-anchor:middle;fill:#57606a}
.tick{font-size:12px;fill:#3d444d}
.power{font-size:9px}
.start{text-anchor:start}.middle{text-anchor:middle}.end{text-anchor:end}
.marker-label{font-size:12px;stroke:#fff;stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.paper{fill:#fff}
.frame{fill:none;stroke:#57606a}
.ticks{fill:none;stroke:#57606a}
.grid{fill:none;stroke:#dfe3e8}
.shade{fill:#3b5b7f;fill-rule:evenodd}
.level{fill:none;stroke:#3b5b7f;stroke-opacity:.45;stroke-width:.8}
.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dashes{stroke-dasharray:7 5}
.mark{fill:currentColor;stroke:#fff;stroke-width:.7}
.band{fill:currentColor;fill-opacity:.18}
.pixels{fill:currentColor;shape-rendering:crispEdges}
.speck{fill:currentColor;fill-opacity:.6}
.marker{fill:#fff;stroke:#1b1f24;stroke-width:1.8}
.plain{color:#57606a}
.c0{color:#0068a8}.c1{color:#cc5500}.c2{color:#008a64}.c3{color:#a8468c}
.c4{color:#a87800}.c5{color:#24292f}.c6{color:#3f9bd6}
@media (prefers-color-scheme:dark){
text{fill:#e6e9ed}
.note{fill:#9aa4af}
.tick{fill:#c2c9d1}
.marker-label{stroke:#14171c}
.paper{fill:#14171c}
.frame,.ticks{stroke:#8b949e}
.grid{stroke:#2b3138}
.shade{fill:#8fb4dc}
.level{stroke:#8fb4dc}
.mark{stroke:#14171c}
.marker{fill:#14171c;stroke:#e6e9ed}
.plain{color:#9aa4af}
.c0{color:#56b4e9}.c1{color:#ff8a3d}.c2{color:#2ecc9b}.c3{color:#e79ac9}
.c4{color:#f0cf4a}.c5{color:#f2f4f6}.c6{color:#8da2ff}
}
)";

struct Row {
  std::vector<std::size_t> entries;
  double width;
};

double entry_width(const Legend::Entry& entry) { return 38 + text_width(entry.name, font) + 22; }

// The rows of those entries that the picture has.
std::vector<Row> legend_rows(const Legend& legend, const Picture& picture, double width) {
  std::vector<Row> rows;
  const Legend here(picture);
  for (std::size_t i = 0; i < legend.entries().size(); ++i) {
    if (here.entries().empty() || !here.index(legend.entries()[i].name)) continue;
    const double needs = entry_width(legend.entries()[i]);
    if (rows.empty() || rows.back().width + needs > width) rows.push_back({{}, 0});
    rows.back().entries.push_back(i);
    rows.back().width += needs;
  }
  return rows;
}

void draw_legend(Svg& out, const Legend& legend, const std::vector<Row>& rows, double middle,
                 double top) {
  for (const Row& row : rows) {
    double left = middle - (row.width - 22) / 2;
    for (const std::size_t i : row.entries) {
      const Legend::Entry& entry = legend.entries()[i];
      const double y = top + 12;
      if (entry.style != Style::dots)
        out.path(line_class(entry.style, i), path_through({{left, y}, {left + 30, y}}));
      if (legend.needs_marks(i) || entry.style == Style::dots ||
          entry.style == Style::line_and_dots)
        out.path("mark " + colour_class(i), mark(i, {left + 15, y}, 3.6));
      out.text("start", {left + 38, y + 4.5}, entry.name);
      left += entry_width(entry);
    }
    top += 24;
  }
}

// A description in words, for people who cannot see the picture.
std::string description(const Picture& picture) {
  std::string text;
  for (const Chart& chart : picture.charts) {
    text += text.empty() ? "" : " ";
    text += chart.title + (chart.title.empty() ? "" : ": ") + chart.y.label + " against " +
            chart.x.label;
    std::string names;
    for (const Series& series : chart.series)
      if (!series.name.empty()) names += (names.empty() ? "" : ", ") + series.name;
    text += (names.empty() ? "" : ", of " + names) + '.';
  }
  return text;
}

struct Size {
  double width, height;
};

// The more charts stand side by side, the smaller they are.
Size cell_size(std::size_t columns) {
  return columns == 1 ? Size{660, 440} : columns == 2 ? Size{470, 380} : Size{380, 330};
}

// The legend may have entries of other pictures too.
std::string drawn(const Picture& picture, const Legend& legend, std::size_t columns, Size cell) {
  const std::size_t rows = (picture.charts.size() + columns - 1) / columns;
  constexpr double margin = 12, gap = 18;
  const double width = 2 * margin + static_cast<double>(columns) * (cell.width + gap) - gap;
  const auto titles = wrapped(picture.title, title_font, width - 2 * margin);
  const auto entries = legend_rows(legend, picture, width - 2 * margin);
  const double top = margin + 24 * static_cast<double>(titles.size());
  const double below = rows == 0 ? 0 : gap;  // below the last row
  const double legend_top = top + static_cast<double>(rows) * (cell.height + gap) - below + 8;
  const double height = legend_top + 24 * static_cast<double>(entries.size()) + margin;

  Svg out;
  out.open("svg", attribute("xmlns", "http://www.w3.org/2000/svg") + attribute("width", width) +
                      attribute("height", height) +
                      attribute("viewBox", "0 0 " + number(width) + ' ' + number(height)) +
                      attribute("role", "img") + attribute("aria-label", picture.title));
  out.words("title", picture.title);
  out.words("desc", description(picture));
  out.words("style", style);
  out.element("rect", attribute("class", "paper") + attribute("width", width) +
                          attribute("height", height));
  for (std::size_t i = 0; i < titles.size(); ++i)
    out.text("title", {width / 2, margin + 17 + 24 * static_cast<double>(i)}, titles[i]);
  for (std::size_t i = 0; i < picture.charts.size(); ++i) {
    const auto column = static_cast<double>(i % columns), row = static_cast<double>(i / columns);
    draw(out, picture.charts[i],
         {margin + column * (cell.width + gap), top + row * (cell.height + gap), cell.width,
          cell.height},
         legend);
  }
  draw_legend(out, legend, entries, width / 2, legend_top);
  out.close("svg");
  return out.str();
}

void check(const Picture& picture) {
  if (picture.columns == 0) fail_usage("plot", "\"", picture.title, "\" has 0 columns.");
  for (const Chart& chart : picture.charts) check(chart);
}

}  // namespace

std::string svg(const Picture& picture) {
  check(picture);
  const std::size_t columns = std::clamp<std::size_t>(picture.charts.size(), 1, picture.columns);
  return drawn(picture, Legend(picture), columns, cell_size(columns));
}

std::vector<std::string> svgs(const Picture& picture) {
  check(picture);
  const Legend legend(picture);
  std::vector<std::string> files;
  for (const Chart& chart : picture.charts)
    files.push_back(drawn({"", {chart}}, legend, 1, cell_size(picture.columns)));
  return files;
}

}  // namespace reel::plot
