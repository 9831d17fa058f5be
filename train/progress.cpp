// The progress line.
#include <reel/train/progress.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/text.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// The width of the progress line that fits without wrapping.
std::size_t line_width() {
  constexpr std::size_t widest = 79;
  winsize window{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return widest;
  return std::min<std::size_t>(widest, window.ws_col - 1u);
}

std::string clock(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[32];
  std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  return text;
}

}  // namespace

ProgressLine::ProgressLine(std::size_t epochs)
    : terminal_(isatty(STDERR_FILENO)), epochs_(epochs) {}

void ProgressLine::operator()(const Progress& p) {
  if (!terminal_) return;
  if (p.epoch != epoch_) {
    epoch_ = p.epoch;
    next_ = 0;
  }
  if (p.seconds < next_) return;
  next_ = p.seconds + 0.1;
  const double share = static_cast<double>(p.batch) / static_cast<double>(p.batches);
  const double speed = static_cast<double>(p.samples) / p.seconds;
  const double epoch_seconds = p.seconds / share;
  const double left = epoch_seconds * (static_cast<double>(epochs_ - p.epoch) + 1 - share);
  constexpr std::size_t bar = 24;
  const auto filled = static_cast<std::size_t>(share * bar);
  std::string line =
      concat("epoch ", p.epoch, '/', epochs_, " [", std::string(filled, '#'),
             std::string(bar - filled, '.'), "] ", grouped(static_cast<std::size_t>(speed)),
             " samples/s, ", clock(left), " left");
  line.resize(line_width(), ' ');
  std::cerr << '\r' << line << std::flush;
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) std::cerr << '\r' << std::string(line_width(), ' ') << '\r' << std::flush;
  drawn_ = false;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
