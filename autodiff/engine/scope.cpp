// The path that the scopes of a thread form.
#include <reel/autodiff/engine/scope.h>

namespace reel {
namespace {

struct Path {
  std::string text;
  std::uint64_t version = 0;
};

Path& current() {
  thread_local Path path;
  return path;
}

}  // namespace

Scope::Scope(std::string_view label)
    : length_before_(current().text.size()), empty_(label.empty()) {
  if (empty_) return;
  Path& path = current();
  if (!path.text.empty()) path.text += '.';
  path.text += label;
  ++path.version;
}

Scope::~Scope() {
  if (empty_) return;
  current().text.resize(length_before_);
  ++current().version;
}

const std::string& Scope::path() noexcept { return current().text; }
std::uint64_t Scope::version() noexcept { return current().version; }

}  // namespace reel
