// Signals that ask a program to end.
#pragma once

#include <array>
#include <csignal>

namespace reel::apps {

inline constexpr std::array stop_signals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};

/// From now on these signals are noted and do not end the program; a second SIGINT or SIGTERM does.
/// A signal that the system ignores from the start of the program stays ignored.
void catch_stop_signals();

/// The first signal that was noted; 0 if none was.
int stop_signal() noexcept;

/// While one lives, a second signal does not end the program either: what it writes is written
/// whole.
class HeldStopSignals {
 public:
  HeldStopSignals();
  ~HeldStopSignals();
  HeldStopSignals(const HeldStopSignals&) = delete;
  HeldStopSignals& operator=(const HeldStopSignals&) = delete;

 private:
  std::array<struct sigaction, stop_signals.size()> before_;
};

}  // namespace reel::apps
