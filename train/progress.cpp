// The progress line.
#include <reel/train/progress.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/terminal.h>
#include <reel/autodiff/core/text.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr double between = 0.1;             // seconds from one drawing to the next, on a terminal
constexpr double silent_seconds = 5;        // of an epoch, if there is no terminal
constexpr std::size_t longest_plain = 120;  // characters of a line, if there is no terminal

std::string formatted(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string clock(double seconds) {
  if (!(seconds < 1e9)) return "?";
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[32];
  if (whole < 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  return text;
}

// `epoch 3/10 [#####.......] 42 %, loss 0.4532`: as many of the details as fit into the width, and
// the bar if there is space left.
std::string fitted(const std::string& head, double share, const std::vector<std::string>& details,
                   std::size_t width) {
  std::string tail = formatted("%.0f %%", 100 * share);
  for (const std::string& detail : details)
    if (head.size() + 1 + tail.size() + 2 + detail.size() <= width) tail += ", " + detail;
  constexpr std::size_t shortest = 8, longest = 40, frame = 4;  // the brackets and two spaces
  const std::size_t used = head.size() + tail.size() + frame;
  const std::size_t length = used < width ? std::min(longest, width - used) : 0;
  std::string bar;
  if (length >= shortest) {
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(length));
    bar = '[' + std::string(filled, '#') + std::string(length - filled, '.') + "] ";
  }
  return (head + ' ' + bar + tail).substr(0, width);
}

}  // namespace

ProgressLine::ProgressLine(std::size_t epochs)
    : terminal_(is_terminal(STDERR_FILENO)), epochs_(epochs) {}

void ProgressLine::operator()(const Progress& p) {
  if (p.epoch != epoch_) {
    epoch_ = p.epoch;
    next_ = losses_ = 0;
    tenths_ = batches_ = 0;
  }
  losses_ += p.loss;
  ++batches_;
  const std::size_t tenths = 10 * p.batch / p.batches;
  const bool due = terminal_ ? p.seconds >= next_
                             : p.seconds >= silent_seconds && tenths > tenths_ && tenths < 10;
  if (!due) return;
  next_ = p.seconds + between;
  tenths_ = tenths;
  const auto seen = static_cast<double>(batches_);  // since the run began or was resumed
  const std::size_t left = p.batches * (epochs_ - p.epoch) + p.batches - p.batch;
  std::vector<std::string> details{formatted("loss %.4g", losses_ / seen),
                                   clock(p.seconds / seen * static_cast<double>(left)) + " left"};
  if (p.seconds > 0)
    details.push_back(
        grouped(static_cast<std::size_t>(static_cast<double>(p.samples) / p.seconds)) +
        " samples/s");
  const std::string head = concat("epoch ", p.epoch, '/', epochs_);
  const double share = static_cast<double>(p.batch) / static_cast<double>(p.batches);
  if (terminal_)
    draw(head, share, details);
  else
    std::cerr << fitted(head, share, details, longest_plain) << std::endl;
}

void ProgressLine::operator()(const EvaluationProgress& p) {
  if (!terminal_) return;
  if (p.batch <= 1) {
    evaluation_ = Stopwatch();
    next_ = 2 * between;
  }
  if (evaluation_.seconds() < next_) return;
  next_ = evaluation_.seconds() + between;
  draw(epoch_ ? concat("epoch ", epoch_, '/', epochs_, " evaluating") : "evaluating",
       static_cast<double>(p.batch) / static_cast<double>(p.batches), {});
}

void ProgressLine::draw(const std::string& head, double share,
                        const std::vector<std::string>& details) {
  const std::string line = fitted(head, share, details, terminal_width(STDERR_FILENO) - 1);
  const std::size_t rest = width_ > line.size() ? width_ - line.size() : 0;
  std::cerr << '\r' << line << std::string(rest, ' ') << '\r' << std::flush;
  width_ = line.size();
}

void ProgressLine::clear() {
  if (width_ > 0) std::cerr << std::string(width_, ' ') << '\r' << std::flush;
  width_ = 0;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
