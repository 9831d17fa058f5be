// Progress while training, where standard error is a terminal.
#pragma once

#include <cstddef>

#include <reel/train/fit.h>

namespace reel::mnist {

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
