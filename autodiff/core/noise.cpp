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
Noise::Noise(const Rng& key, std::size_t first_row)
    : Noise(State{.key = key.state(), .first_row = first_row}) {}
Noise::~Noise() { innermost = outer_; }

Noise::Rows Noise::draw() const {
  return {Rng(state_.key).split(state_.draws++), state_.first_row};
}

const Noise* Noise::current() noexcept { return innermost; }

}  // namespace reel
