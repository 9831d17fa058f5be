// The handler of warnings, one for the process.
#include <reel/autodiff/core/warning.h>

#include <mutex>
#include <utility>

namespace reel {
namespace {

struct Shared {
  std::mutex mutex;
  WarningHandler handler;
};

Shared& shared() {
  static Shared instance;
  return instance;
}

}  // namespace

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
