// What depends on where the output goes: progress, colours, numbers for people.
#pragma once

#include <cstddef>
#include <string>

#include <reel/train/fit.h>

namespace reel::mnist {

/// Whether colours may be written to standard output: a terminal, and NO_COLOR is not set.
bool colours();

/// "60,000".
std::string grouped(std::size_t number);
/// "84.03 %"; "–" for NaN, the share of nothing.
std::string percent(double share);
/// `text` padded with spaces to a width in characters (UTF-8), on the left if `right_aligned`.
std::string padded(const std::string& text, std::size_t width, bool right_aligned = false);

/// A progress line on standard error, rewritten in place; silent where that is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t epochs);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const train::Progress& progress);
  void clear();

 private:
  bool terminal_;
  std::size_t epochs_;
  double next_ = 0;  // second of the epoch at which to draw again
  std::size_t epoch_ = 0;
  bool drawn_ = false;
};

}  // namespace reel::mnist
