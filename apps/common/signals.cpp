// Records signals with handlers. Masks would not do: a thread of a library would take a masked
// signal.
#include "signals.h"

#include <atomic>

namespace reel::apps {
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

}  // namespace

void catch_stop_signals() {
  for (const int signal : stop_signals) {
    // a closed terminal sends SIGHUP twice, a closed pipe sends SIGPIPE at each write
    const bool ends_at_second = signal == SIGINT || signal == SIGTERM;
    note(signal, ends_at_second ? static_cast<int>(SA_RESETHAND) : 0);
  }
}

int stop_signal() noexcept { return noted; }

HeldStopSignals::HeldStopSignals() {
  for (std::size_t i = 0; i < stop_signals.size(); ++i) before_[i] = note(stop_signals[i], 0);
}

HeldStopSignals::~HeldStopSignals() {
  for (std::size_t i = 0; i < stop_signals.size(); ++i)
    sigaction(stop_signals[i], &before_[i], nullptr);
}

}  // namespace reel::apps
