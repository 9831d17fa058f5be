// Finds charts that cannot be drawn.
#include <reel/autodiff/core/error.h>

#include "chart.h"
#include "scale.h"

namespace reel::plot {

void check(const Chart& chart) {
  for (const Series& series : chart.series)
    if (series.x.size() != series.y.size())
      fail_usage("plot", "the series \"", series.name, "\" has ", series.x.size(), " x and ",
                 series.y.size(), " y.");
  for (const Series& series : chart.series)
    if (series.low.size() != series.high.size() ||
        (!series.low.empty() && series.low.size() != series.x.size()))
      fail_usage("plot", "the series \"", series.name, "\" has ", series.x.size(),
                 " x, and a band with ", series.low.size(), " low and ", series.high.size(),
                 " high ends.");
  if (chart.raster) {
    const Raster& r = *chart.raster;
    if (r.columns == 0 || r.rows == 0 || r.values.size() != r.columns * r.rows)
      fail_usage("plot", "\"", chart.title, "\": a raster of ", r.columns, " × ", r.rows,
                 " pixels with ", r.values.size(), " values.");
    if (r.full && !(has_place(*r.full, false) && *r.full > 0))
      fail_usage("plot", "\"", chart.title, "\": the full colour at ", *r.full,
                 ", expected a positive number.");
  }
  if (chart.equal_scale && (chart.x.logarithmic || chart.y.logarithmic))
    fail_usage("plot", "\"", chart.title, "\": logarithmic axes have no equal scale.");
  if (!chart.surface) return;
  const Surface& s = *chart.surface;
  if (s.x.size() < 2 || s.y.size() < 2 || s.z.size() != s.x.size() * s.y.size())
    fail_usage("plot", "\"", chart.title, "\": a surface of ", s.x.size(), " × ", s.y.size(),
               " points and ", s.z.size(), " heights, expected at least 2 × 2, and all heights.");
  for (const auto* axis : {&s.x, &s.y}) {
    const bool logarithmic = axis == &s.x ? chart.x.logarithmic : chart.y.logarithmic;
    for (std::size_t i = 0; i < axis->size(); ++i)
      if (!has_place((*axis)[i], logarithmic) || (i > 0 && (*axis)[i] <= (*axis)[i - 1]))
        fail_usage("plot", "\"", chart.title, "\": the surface's ", axis == &s.x ? "x" : "y",
                   " number ", i, " is ", (*axis)[i], ", expected ascending numbers with a place.");
  }
}

}  // namespace reel::plot
