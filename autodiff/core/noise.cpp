// The scopes of noise on a thread.
#include <reel/autodiff/core/noise.h>

namespace reel {
namespace {

thread_local const Noise* innermost = nullptr;

Rng::State key_from(Rng& rng) {
  const std::uint64_t upper = rng.next();
  return rng.split((upper << 32) | rng.next()).state();
}

}  // namespace

Noise::Noise(const State& state) : state_(state), outer_(innermost) { innermost = this; }
Noise::Noise(Rng& rng) : Noise(State{.key = key_from(rng)}) {}
Noise::~Noise() { innermost = outer_; }

Rng Noise::draw() const { return Rng(state_.key).split(state_.draws++); }

const Noise* Noise::current() noexcept { return innermost; }

}  // namespace reel
