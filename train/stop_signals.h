// StopSignals: Ctrl-C and other signals end a loop after its batch instead of the program.
#pragma once

#include <array>
#include <csignal>

namespace reel {

/// While it is alive, SIGINT (Ctrl-C), SIGTERM, SIGHUP (a closed terminal) and SIGPIPE (a closed
/// pipe) are recorded and do not end the program; only a second SIGINT or SIGTERM does. A signal
/// that was ignored before stays ignored. Make one at a time.
///
///     const StopSignals signals;
///     train::fit(model, adam, data, rng, {.stop = [] { return StopSignals::received() != 0; }});
class StopSignals {
 public:
  /// which signals are recorded
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};

  /// Forgets a signal that was recorded before.
  StopSignals();
  /// Restores the handlers; `received` keeps its value.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The first recorded signal; 0 if there is none.
  static int received() noexcept;

  /// While it is alive, even a second signal does not end the program, so that the program finishes
  /// its writes.
  class Hold;

 private:
  std::array<struct sigaction, signals.size()> before_;
};

/// See StopSignals: a scope that no signal ends.
class StopSignals::Hold {
 public:
  Hold();
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::array<struct sigaction, signals.size()> before_;
};

}  // namespace reel
