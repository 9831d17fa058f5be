// Records signals with handlers. Masks would not do: a thread of a library would take a masked
// signal.
#include <reel/train/stop_signals.h>

#include <atomic>
#include <cstddef>

namespace reel {
namespace {

std::atomic<int> noted{0};  // the handler may run on any thread
static_assert(std::atomic<int>::is_always_lock_free);

// Installs the handler, unless the signal is ignored; returns the action before.
struct sigaction note(int signal, int flags) {
  struct sigaction before = {}, action = {};
  sigaction(signal, nullptr, &before);
  action.sa_handler = [](int number) {
    int none = 0;
    noted.compare_exchange_strong(none, number);
  };
  action.sa_flags = SA_RESTART | flags;
  if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  return before;
}

void restore(const std::array<struct sigaction, StopSignals::signals.size()>& actions) {
  for (std::size_t i = 0; i < actions.size(); ++i)
    sigaction(StopSignals::signals[i], &actions[i], nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  noted = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    // a closed terminal sends SIGHUP twice, a closed pipe sends SIGPIPE at each write
    const bool ends_at_second = signals[i] == SIGINT || signals[i] == SIGTERM;
    before_[i] = note(signals[i], ends_at_second ? static_cast<int>(SA_RESETHAND) : 0);
  }
}

StopSignals::~StopSignals() { restore(before_); }

int StopSignals::received() noexcept { return noted; }

StopSignals::Hold::Hold() {
  for (std::size_t i = 0; i < signals.size(); ++i) before_[i] = note(signals[i], 0);
}

StopSignals::Hold::~Hold() { restore(before_); }

}  // namespace reel
