// The Philox cipher and the distributions on it.
#include <reel/autodiff/core/rng.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <reel/autodiff/core/error.h>

namespace reel {

namespace {

using Key = std::array<std::uint32_t, 2>;

constexpr int rounds = 10;

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

// One round of the cipher on a block of four words.
void mix(std::uint32_t& c0, std::uint32_t& c1, std::uint32_t& c2, std::uint32_t& c3, Key key) {
  const std::uint64_t a = std::uint64_t{0xD2511F53} * c0;
  const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c2;
  c0 = high(b) ^ c1 ^ key[0];
  c1 = low(b);
  c2 = high(a) ^ c3 ^ key[1];
  c3 = low(a);
}

Key next_key(Key key) { return {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85}; }

// Uniform in {0, …, n − 1}; draw() gives 64 random bits.
template <class Draw>
std::uint64_t scaled_below(std::uint64_t n, Draw&& draw) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{draw()} * n;
  if (static_cast<std::uint64_t>(product) < n) {
    const std::uint64_t threshold = (std::numeric_limits<std::uint64_t>::max() - n + 1) % n;
    while (static_cast<std::uint64_t>(product) < threshold) product = Wide{draw()} * n;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::array<std::uint32_t, 4> Rng::philox(std::array<std::uint32_t, 4> counter,
                                         std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < rounds; ++round) {
    mix(counter[0], counter[1], counter[2], counter[3], key);
    key = next_key(key);
  }
  return counter;
}

Rng Rng::split(std::uint64_t key) const {
  const auto mixed = philox({low(key), high(key), low(state_.stream), high(state_.stream)},
                            {low(state_.seed), ~high(state_.seed)});
  return Rng(state_.seed, (std::uint64_t{mixed[1]} << 32) | mixed[0]);
}

std::uint32_t Rng::next() {
  const std::size_t word = state_.position % 4;
  if (word == 0 || !filled_) {
    const std::uint64_t index = state_.position / 4;
    block_ = philox({low(index), high(index), low(state_.stream), high(state_.stream)},
                    {low(state_.seed), high(state_.seed)});
    filled_ = true;
  }
  ++state_.position;
  return block_[word];
}

void Rng::fill(std::span<std::uint32_t> words) {
  constexpr std::size_t lanes = 16;  // blocks together, in loops that the compiler vectorises
  std::size_t i = 0;
  while (i < words.size() && state_.position % 4 != 0) words[i++] = next();
  for (; i + 4 * lanes <= words.size(); i += 4 * lanes) {
    std::array<std::array<std::uint32_t, lanes>, 4> counter;
    std::array<std::uint32_t, 2> key = {low(state_.seed), high(state_.seed)};
    for (std::size_t l = 0; l < lanes; ++l) {
      const std::uint64_t index = state_.position / 4 + l;
      counter[0][l] = low(index);
      counter[1][l] = high(index);
      counter[2][l] = low(state_.stream);
      counter[3][l] = high(state_.stream);
    }
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t l = 0; l < lanes; ++l)
        mix(counter[0][l], counter[1][l], counter[2][l], counter[3][l], key);
      key = next_key(key);
    }
    for (std::size_t l = 0; l < lanes; ++l)
      for (std::size_t k = 0; k < 4; ++k) words[i + 4 * l + k] = counter[k][l];
    state_.position += 4 * lanes;
  }
  while (i < words.size()) words[i++] = next();
}

double Rng::uniform() {
  const std::uint64_t a = next() >> 5, b = next() >> 6;  // 27 + 26 bits
  return static_cast<double>((a << 26) + b) * 0x1p-53;
}

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 − u is never 0
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::uint64_t Rng::below(std::uint64_t n) {
  if (n == 0) fail_usage("rng", "below(0) has no number to draw.");
  return scaled_below(n, [this] {  // two statements: operands have no fixed order of evaluation
    const std::uint64_t upper = next();
    return (upper << 32) | next();
  });
}

// As `below` for 1, 2, …, n, but draws the words of several numbers together.
std::vector<std::uint32_t> Rng::permutation(std::size_t n) {
  if (n > std::numeric_limits<std::uint32_t>::max())
    fail_usage("rng", "permutation of ", n, " items: at most 2^32 − 1 are possible.");
  std::vector<std::uint32_t> order(n);
  std::array<std::uint32_t, 512> words;
  std::size_t used = 0, drawn = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto j = static_cast<std::size_t>(scaled_below(i + 1, [&] {
      if (used == drawn) {
        drawn = std::min(words.size(), 2 * (n - i));
        fill(std::span(words).first(drawn));
        used = 0;
      }
      used += 2;
      return (std::uint64_t{words[used - 2]} << 32) | words[used - 1];
    }));
    order[i] = order[j];
    order[j] = static_cast<std::uint32_t>(i);
  }
  return order;
}

}  // namespace reel
