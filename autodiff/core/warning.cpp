// The handler of warnings, one for the process.
#include <reel/autodiff/core/warning.h>

#include <iostream>
#include <mutex>
#include <set>
#include <utility>

namespace reel {
namespace {

struct Shared {
  std::mutex mutex;
  WarningHandler handler = print_warning;
};

Shared& shared() {
  static Shared instance;
  return instance;
}

}  // namespace

void print_warning(const std::string& message) {
  static std::mutex mutex;
  static std::set<std::string> printed;
  const std::lock_guard lock(mutex);
  if (printed.insert(message).second) std::cerr << "reel: warning: " << message << '\n';
}

WarningHandler set_warning_handler(WarningHandler handler) {
  const std::lock_guard lock(shared().mutex);
  return std::exchange(shared().handler, std::move(handler));
}

void send_warning(const std::string& message) {
  WarningHandler handler;
  {
    const std::lock_guard lock(shared().mutex);
    handler = shared().handler;
  }
  if (handler) handler(message);
}

}  // namespace reel
