// Writes the HTML with its style sheet.
#include "page.h"

#include <reel/autodiff/core/error.h>

#include <reel/plot/svg.h>
#include "report.h"

namespace reel::descent {
namespace {

using plot::escaped;

constexpr const char* style = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--quiet:#57606a;--paper:#fff;--line:#d0d7de;--link:#0068a8;
--good:#00704f;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--quiet:#9aa4af;--paper:#14171c;--line:#353c45;
--link:#56b4e9;--good:#2ecc9b;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:64rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
a{color:var(--link)}
h1{margin:0;font-size:1.8rem;line-height:1.2}
h2{margin:0;font-size:1.3rem;line-height:1.3}
nav ol{list-style:none;margin:1rem 0;padding:0;columns:19rem;column-gap:2rem}
nav li{break-inside:avoid;display:flex;gap:.6rem;padding:.1rem 0}
.row{color:var(--quiet);min-width:1.4rem;text-align:right;font-variant-numeric:tabular-nums}
section{margin-top:2.5rem;padding-top:1.5rem;border-top:1px solid var(--line)}
.notes{margin:.1rem 0 .6rem;color:var(--quiet);font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.8rem 0;font-size:.92rem}
th{text-align:left;font-weight:600;color:var(--quiet)}
th,td{padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.value{font-variant-numeric:tabular-nums;overflow-wrap:break-word}
td.source{color:var(--quiet)}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
pre{font-size:.85rem;line-height:1.35;overflow-x:auto}
figure{margin:1.2rem 0}
figure img{display:block;margin:0 auto;max-width:100%;height:auto}
figcaption{max-width:46rem;margin:.5rem auto 0;color:var(--quiet);font-size:.95rem}
@media (max-width:45rem){figure img{max-width:none;width:44rem}}
@media print{section{break-inside:avoid-page}figure img{max-width:100%;width:auto}}
)";

std::string anchor(const Lecture& lecture) { return "row-" + std::to_string(lecture.row); }

std::string findings(const std::vector<Finding>& all) {
  if (all.empty()) return "";
  std::string html =
      "<div class=\"scroll\"><table>\n<tr><th scope=\"col\"></th><th scope=\"col\">source</th>"
      "<th scope=\"col\">what</th>"
      "<th scope=\"col\">expected</th><th scope=\"col\">here</th></tr>\n";
  for (const Finding& f : all)
    html += std::string("<tr><td class=\"") + (f.holds ? "good\">✓" : "bad\">✗") +
            "</td><td class=\"source\">" + to_string(f.source) + "</td><td>" + escaped(f.what) +
            "</td><td class=\"value\">" + escaped(f.expected) + "</td><td class=\"value\">" +
            escaped(f.here) + "</td></tr>\n";
  return html + "</table></div>\n";
}

std::string section(const Shown& shown) {
  const Lecture& lecture = *shown.lecture;
  std::string html = "<section id=\"" + anchor(lecture) + "\">\n<h2><span class=\"row\">" +
                     std::to_string(lecture.row) + "</span> " + escaped(lecture.title) +
                     "</h2>\n<p class=\"notes\">" + escaped(lecture.notes) + " · <code>" +
                     escaped(lecture.name) + "</code></p>\n<p>" + escaped(lecture.sentence) +
                     "</p>\n";
  if (!shown.failure.empty()) html += "<p class=\"bad\">" + escaped(shown.failure) + "</p>\n";
  if (!shown.report.text.empty()) {
    html += "<pre>";
    for (const std::string& line : shown.report.text) html += escaped(line) + '\n';
    html += "</pre>\n";
  }
  html += findings(shown.report.findings);
  for (const Figure& figure : shown.report.figures) {
    const std::string file = escaped(figure.name) + ".svg";
    html += "<figure><div class=\"scroll\"><a href=\"" + file + "\"><img src=\"" + file +
            "\" alt=\"" + escaped(figure.picture.title) + "\"></a></div>\n<figcaption>" +
            escaped(figure.caption) + "</figcaption></figure>\n";
  }
  return html + "</section>\n";
}

}  // namespace

std::string page(const std::vector<Shown>& shown) {
  Tallies all;
  std::size_t pictures = 0;
  std::string contents, sections;
  for (const Shown& one : shown) {
    const Tallies here = tallies(one.report.findings);
    const bool good = one.failure.empty() && here.both().all();
    all += here;
    pictures += one.report.figures.size();
    contents += "<li><span class=\"row\">" + std::to_string(one.lecture->row) +
                "</span><a href=\"#" + anchor(*one.lecture) + "\">" + escaped(one.lecture->title) +
                "</a>" + (good ? "" : "<span class=\"bad\">✗</span>") + "</li>\n";
    sections += section(one);
  }
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Reel: the lectures at work</title>\n<style>",
      style,
      "</style>\n</head>\n<body>\n<h1>The lectures at work</h1>\n<p>Systems that five lecture "
      "notes on optimisation describe, computed by Reel. ",
      to_string(all),
      " hold: the notes print the former; the latter are what Reel asserts of the "
      "same systems, from closed forms, other programs and samples. ",
      pictures,
      " pictures; each opens by itself as an SVG file.</p>\n<nav aria-label=\"Contents\"><ol>\n",
      contents, "</ol></nav>\n<main>\n", sections, "</main>\n</body>\n</html>\n");
}

}  // namespace reel::descent
