// Lecture: a system from the lecture notes, computed here, with its numbers beside those of the
// notes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/optim/minimize/history.h>

#include <reel/plot/plot.h>

namespace reel::descent {

/// The source of an expected value: the notes print it, or Reel claims it of the notes' system.
enum class Source { notes, ours };

/// A result of a system, computed here, beside what is expected.
struct Finding {
  Source source;
  std::string what;
  std::string expected;  ///< a number, or the condition of a claim, as text
  std::string here;
  bool holds;
  double value;  ///< the computed number; for a claim, the quantity that decides it
};

/// A number that the notes print; the computed one must be within an absolute tolerance.
Finding number(std::string what, double notes, double here, double tolerance);
/// A claim of ours: a number that the notes do not print, known in closed form or computed by other
/// programs.
Finding claim(std::string what, double expected, double here, double tolerance);
/// A claim of ours: `condition` in words, such as "at most 15 of 100".
Finding claim(std::string what, std::string condition, double value, bool holds);

struct Figure {
  std::string name;     ///< of its file, without .svg
  std::string caption;  ///< one or two sentences: what the picture shows
  plot::Picture picture;
};

/// The points, values and counts of one method's run, for --json.
struct Trace {
  std::string name;
  optim::History history;
};

struct Report {
  std::vector<Finding> findings = {};
  std::vector<Figure> figures = {};
  std::vector<Trace> traces = {};
  std::vector<std::string> text = {};  ///< lines to print unchanged: a small table, a formula
};

struct Settings {
  std::filesystem::path data;  ///< the folder of the MNIST-format files
  std::uint64_t seed = 1;      ///< decides all that the lectures draw at random
};

struct Lecture {
  int row;  ///< the number in the list of systems
  std::string name;
  std::string
      notes;  ///< the source: "Southampton", "van der Smagt", "CS231n", "Neuromatch", "Glasgow"
  std::string title;
  std::string sentence;  ///< one sentence about the topic
  std::function<Report(const Settings&)> run;
};

/// All lectures, by number.
const std::vector<Lecture>& lectures();
/// The lecture with this name or number. Throws Error (usage), with the most similar name, if there
/// is none.
const Lecture& lecture(std::string_view name_or_row);

// ---- the parts that make up `lectures`, one for each file in rows/

std::vector<Lecture> differentiation_lectures();  ///< rows 1 to 7
std::vector<Lecture> model_lectures();            ///< rows 8 to 11
std::vector<Lecture> descent_lectures();          ///< rows 14 to 16, 34 and 35
std::vector<Lecture> curvature_lectures();        ///< rows 17 to 19 and 29
std::vector<Lecture> fitting_lectures();          ///< rows 20, 21, 28 and 30
std::vector<Lecture> momentum_lectures();         ///< row 22
std::vector<Lecture> critical_points_lectures();  ///< row 23
std::vector<Lecture> first_order_lectures();      ///< row 24
std::vector<Lecture> search_lectures();           ///< rows 25 to 27
std::vector<Lecture> training_lectures();         ///< rows 31 and 32
std::vector<Lecture> network_lectures();          ///< rows 12 and 13
std::vector<Lecture> five_methods_lectures();     ///< row 33

}  // namespace reel::descent
