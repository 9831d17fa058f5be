// The random scopes of a thread.
#include <reel/autodiff/core/random_scope.h>

namespace reel {
namespace {

thread_local const RandomScope* innermost = nullptr;

Rng::State key_from(Rng& rng) {
  const std::uint64_t upper = rng.next();
  return rng.split((upper << 32) | rng.next()).state();
}

}  // namespace

RandomScope::RandomScope(const State& state) : state_(state), outer_(innermost) {
  innermost = this;
}
RandomScope::RandomScope(Rng& rng) : RandomScope(State{.key = key_from(rng)}) {}
RandomScope::~RandomScope() { innermost = outer_; }

Rng RandomScope::draw() const { return Rng(state_.key).split(state_.draws++); }

const RandomScope* RandomScope::current() noexcept { return innermost; }

}  // namespace reel
