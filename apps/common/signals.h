// Handles signals that ask a program to end.
#pragma once

#include <array>
#include <csignal>

namespace reel::apps {

inline constexpr std::array stop_signals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};

/// From now on these signals are recorded and do not end the program; only a second SIGINT or
/// SIGTERM does. Signals that are ignored when the program starts stay ignored.
void catch_stop_signals();

/// The first recorded signal; 0 if there is none.
int stop_signal() noexcept;

/// While it is alive, even a second signal does not end the program, so that the program finishes
/// its writes.
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
