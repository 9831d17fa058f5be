// `reel-descent list`, `show` and `all`.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iomanip>
#include <iostream>
#include <set>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/terminal.h>
#include <reel/autodiff/tensor/gemm.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "page.h"
#include "report.h"

namespace reel::descent {

using namespace apps;

namespace {

std::string banner(const LectureOptions& options) {
  return concat("double precision, ", blas_name(), ", ", counted(threads(), "thread"), ", data in ",
                printable(options.data), ", seed ", options.seed, '\n');
}

struct Timed {
  Report report;
  double seconds;
};

Timed run(const Lecture& lecture, const LectureOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Report report = lecture.run({options.data, options.seed});
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return {std::move(report), time.count()};
}

// Shows a line on a terminal; the next call overwrites it.
void show_progress(const std::string& text) {
  if (!is_terminal(STDERR_FILENO)) return;
  const std::size_t width = std::min<std::size_t>(60, terminal_width(STDERR_FILENO) - 1);
  std::cerr << '\r' << padded(cut(text, width), width) << '\r' << std::flush;
}

int exit_code(const Tallies& tallies) {
  const auto [hold, total] = tallies.both();
  if (hold == total) return 0;
  std::cout.flush();
  std::cerr << "reel-descent: " << total - hold << " of " << total << " findings "
            << (total - hold == 1 ? "does" : "do") << " not hold.\n";
  return static_cast<int>(Error::Kind::failure);
}

}  // namespace

int list(const LectureOptions& options) {
  std::size_t name = 0, notes = 0;
  for (const Lecture& one : lectures()) {
    name = std::max(name, width_of(one.name));
    notes = std::max(notes, width_of(one.notes));
  }
  if (!options.json)
    std::cout << "row  " << padded("name", name) << "  " << padded("notes", notes) << "  title\n";
  for (const Lecture& one : lectures()) {
    if (options.json)
      std::cout << json_line(
          {{"row", one.row}, {"name", one.name}, {"lecture", one.notes}, {"title", one.title}});
    else
      std::cout << std::setw(3) << one.row << "  " << padded(one.name, name) << "  "
                << padded(one.notes, notes) << "  " << one.title << '\n';
  }
  return 0;
}

int show(const LectureOptions& options) {
  const Lecture& one = lecture(options.name);
  if (!options.out.empty()) make_folder(options.out);
  const auto [report, seconds] = run(one, options);
  if (!options.out.empty()) write_figures(report.figures, options.out);
  if (options.json) {
    std::cerr << banner(options);
    std::cout << json_line(to_json(one, report, seconds));
    return exit_code(tallies(report.findings));
  }
  const std::size_t width = output_width();
  std::cout << paragraph(banner(options), width) << '\n'
            << paragraph(concat(one.row, "  ", one.title, " (", one.notes, ")"), width)
            << paragraph(one.sentence, width);
  if (!report.text.empty()) std::cout << '\n';
  for (const std::string& line : report.text) std::cout << line << '\n';
  if (!report.findings.empty()) std::cout << '\n' << findings_table(report.findings, width);
  if (!report.figures.empty()) std::cout << '\n';
  for (const Figure& figure : report.figures) {
    const std::string file = figure.name + ".svg";
    std::cout << (options.out.empty()
                      ? file
                      : printable((std::filesystem::path(options.out) / file).string()))
              << '\n';
    for (const std::string& line : wrapped(figure.caption, width - std::min<std::size_t>(width, 4)))
      std::cout << "    " << line << '\n';
  }
  if (!report.figures.empty() && options.out.empty())
    std::cout << "Draw " << (report.figures.size() == 1 ? "it" : "them") << " with --out FOLDER.\n";
  return exit_code(tallies(report.findings));
}

int all(const LectureOptions& options) {
  std::vector<const Lecture*> chosen;
  for (const std::string& name : options.only) chosen.push_back(&lecture(name));
  if (chosen.empty())
    for (const Lecture& one : lectures()) chosen.push_back(&one);
  make_folder(options.out);
  std::ostream& out = options.json ? std::cerr : std::cout;
  out << banner(options) << '\n' << std::flush;
  std::vector<Shown> shown;
  std::exception_ptr first_failure;
  std::set<std::string> files;
  Tallies total;
  std::size_t width = 0;
  double all_seconds = 0;
  for (const Lecture* one : chosen) width = std::max(width, width_of(one->name));
  for (const Lecture* choice : chosen) {
    const Lecture& one = *choice;
    show_progress(concat(one.row, "  ", one.name, " …"));
    const std::string head =
        padded(std::to_string(one.row), 3, true) + "  " + padded(one.name, width);
    try {
      auto [report, seconds] = run(one, options);
      for (const Figure& figure : report.figures)
        if (!files.insert(figure.name).second)
          fail(Error::Kind::failure, one.name, "two pictures are named \"", figure.name, "\".");
      write_figures(report.figures, options.out);
      const Tallies here = tallies(report.findings);
      total += here;
      all_seconds += seconds;
      if (options.json) std::cout << json_line(to_json(one, report, seconds)) << std::flush;
      show_progress("");
      out << head << "  " << padded(to_string(here), 48) << std::fixed << std::setprecision(1)
          << std::setw(8) << seconds << " s\n"
          << std::defaultfloat << std::flush;
      report.traces.clear();  // the traces are large, and the page does not need them
      shown.push_back({&one, std::move(report)});
    } catch (const std::exception& error) {
      if (!first_failure) first_failure = std::current_exception();
      show_progress("");
      out << head << "  " << error.what() << '\n' << std::flush;
      shown.push_back({&one, {}, error.what()});
    }
  }
  const auto index = std::filesystem::path(options.out) / "index.html";
  write_file(index, "out", page(shown));
  if (options.json)
    std::cout << json_line({{"final", true},
                            {"lectures", shown.size()},
                            {"numbers_of_the_notes", to_json(total.notes)},
                            {"claims_of_ours", to_json(total.ours)},
                            {"seconds", all_seconds}});
  out << '\n'
      << to_string(total) << " hold; " << files.size() << " pictures on "
      << printable(index.string()) << '\n';
  if (first_failure) std::rethrow_exception(first_failure);
  return exit_code(total);
}

}  // namespace reel::descent
