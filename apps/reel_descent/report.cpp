// Tables, JSON and pictures of a report.
#include "report.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <reel/autodiff/core/file.h>

#include "../common/output.h"
#include "../common/table.h"
#include "../common/text.h"

namespace reel::descent {

using namespace apps;
using nlohmann::ordered_json;

Tallies& Tallies::operator+=(const Tallies& other) {
  for (const auto& [mine, theirs] : {std::pair(&notes, &other.notes), {&ours, &other.ours}}) {
    mine->hold += theirs->hold;
    mine->total += theirs->total;
  }
  return *this;
}

Tallies tallies(const std::vector<Finding>& findings) {
  Tallies counted;
  for (const Finding& f : findings) {
    Tally& tally = f.source == Source::notes ? counted.notes : counted.ours;
    tally.hold += f.holds;
    ++tally.total;
  }
  return counted;
}

std::string to_string(const Tallies& tallies) {
  std::string text;
  for (const auto& [tally, noun, of] : {std::tuple(tallies.notes, "number", " of the notes"),
                                        std::tuple(tallies.ours, "claim", " of ours")})
    if (tally.total > 0)
      text += concat(text.empty() ? "" : ", ", tally.hold, " of ", tally.total, ' ', noun,
                     tally.total == 1 ? "" : "s", of);
  return text;
}

const char* to_string(Source source) { return source == Source::notes ? "notes" : "ours"; }

std::string findings_table(const std::vector<Finding>& findings, std::size_t width) {
  const char *good = colours() ? "\033[32m" : "", *bad = colours() ? "\033[31m" : "",
             *plain = colours() ? "\033[0m" : "";
  Table table(
      {{" "}, {"source"}, {"what", false, true}, {"expected", false, true}, {"here", false, true}});
  for (const Finding& f : findings)
    table.add({concat(f.holds ? good : bad, f.holds ? "✓" : "✗", plain), to_string(f.source),
               f.what, f.expected, f.here});
  return table.text(width);
}

ordered_json to_json(const optim::Evaluations& e) {
  return {{"values", e.values},
          {"gradients", e.gradients},
          {"hessians", e.hessians},
          {"hessian_products", e.hessian_products},
          {"jacobians", e.jacobians}};
}

ordered_json to_json(const Tally& tally) { return {{"hold", tally.hold}, {"total", tally.total}}; }

ordered_json to_json(const optim::History& history) {
  ordered_json points = ordered_json::array(), evaluations = ordered_json::array();
  if (history.has_points())
    for (const Tensor& theta : history.points())
      points.push_back(std::vector<Real>(theta.data(), theta.data() + theta.size()));
  for (const optim::Evaluations& e : history.evaluations()) evaluations.push_back(to_json(e));
  return {{"points", std::move(points)},
          {"values", history.values()},
          {"runs", history.runs()},
          {"evaluations", std::move(evaluations)}};
}

ordered_json to_json(const Lecture& lecture, const Report& report, double seconds) {
  ordered_json findings = ordered_json::array(), figures = ordered_json::array(),
               traces = ordered_json::array();
  for (const Finding& f : report.findings)
    findings.push_back({{"source", to_string(f.source)},
                        {"what", f.what},
                        {"expected", f.expected},
                        {"here", f.here},
                        {"value", f.value},
                        {"holds", f.holds}});
  for (const Figure& f : report.figures)
    figures.push_back({{"name", f.name}, {"caption", f.caption}});
  for (const Trace& t : report.traces) {
    ordered_json trace{{"name", t.name}};
    trace.update(to_json(t.history));
    traces.push_back(std::move(trace));
  }
  return {{"row", lecture.row},
          {"name", lecture.name},
          {"lecture", lecture.notes},
          {"title", lecture.title},
          {"holds", tallies(report.findings).both().all()},
          {"seconds", seconds},
          {"findings", std::move(findings)},
          {"figures", std::move(figures)},
          {"traces", std::move(traces)}};
}

void make_folder(const std::filesystem::path& folder) {
  reel::make_folder(folder, "out");
  check_can_write((folder / "index.html").string(), "out");
}

void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  for (const Figure& figure : figures)
    write_file(folder / (figure.name + ".svg"), "out", plot::svg(figure.picture));
}

}  // namespace reel::descent
