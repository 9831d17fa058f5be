// Shows progress during training, if standard error is a terminal.
#pragma once

#include <cstddef>

#include <reel/train/fit.h>

namespace reel::mnist {

/// A progress line on standard error that is rewritten in place; does nothing if that is not a
/// terminal.
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
  double next_ = 0;  // the second of the epoch at which to draw next
  std::size_t epoch_ = 0;
  bool drawn_ = false;
};

}  // namespace reel::mnist
