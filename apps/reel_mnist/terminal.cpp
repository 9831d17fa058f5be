// Progress and formatting.
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace reel::mnist {
namespace {

// Of the progress line: what fits, so that it does not wrap.
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

bool colours() { return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"); }

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string percent(double share) {
  if (std::isnan(share)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

std::string padded(const std::string& text, std::size_t width, bool right_aligned) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto length =
      text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
  const std::string space(width > length ? width - length : 0, ' ');
  return right_aligned ? space + text : text + space;
}

ProgressLine::ProgressLine(std::size_t epochs)
    : terminal_(isatty(STDERR_FILENO)), epochs_(epochs) {}

void ProgressLine::update(const train::Progress& p) {
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
  const std::string line =
      concat("epoch ", p.epoch, '/', epochs_, " [", std::string(filled, '#'),
             std::string(bar - filled, '.'), "] ", grouped(static_cast<std::size_t>(speed)),
             " samples/s, ", clock(left), " left");
  std::cerr << '\r' << padded(line, line_width()).substr(0, line_width()) << std::flush;
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) std::cerr << '\r' << std::string(line_width(), ' ') << '\r' << std::flush;
  drawn_ = false;
}

}  // namespace reel::mnist
