// The random generator: published test vectors of the cipher, and the distributions based on it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include <reel/autodiff/core/rng.h>

#include "../throws.h"

namespace reel {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Pearson's χ² for counts that should be equal.
double chi_square(const std::vector<std::size_t>& counts) {
  double total = 0, sum = 0;
  for (const std::size_t c : counts) total += static_cast<double>(c);
  const double expected = total / static_cast<double>(counts.size());
  for (const std::size_t c : counts)
    sum += (static_cast<double>(c) - expected) * (static_cast<double>(c) - expected) / expected;
  return sum;
}

// 5 standard deviations above the mean of χ² with that many bins.
double chi_square_limit(std::size_t bins) {
  const auto freedom = static_cast<double>(bins - 1);
  return freedom + 5 * std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("known answers of Philox4x32-10, from the Random123 distribution") {
  CHECK(Rng::philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(Rng::philox({ones, ones, ones, ones}, {ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Rng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("the words of a stream are the blocks at its counters") {
  const std::uint64_t seed = 0x123456789abcdef0, stream = 0xfedcba9876543210;
  Rng rng(seed, stream);
  for (std::uint32_t block = 0; block < 3; ++block)
    for (const std::uint32_t word :
         Rng::philox({block, 0, 0x76543210, 0xfedcba98}, {0x9abcdef0, 0x12345678}))
      CHECK(rng.next() == word);
  // far away, where the counter needs more than one word
  Rng far(Rng::State{seed, stream, (std::uint64_t{5} << 34) + 4});
  CHECK(far.next() == Rng::philox({1, 5, 0x76543210, 0xfedcba98}, {0x9abcdef0, 0x12345678})[0]);
}

TEST_CASE("many words at once are those that come one by one") {
  for (const std::size_t skipped : {0u, 1u, 3u, 4u})
    for (const std::size_t count : {0u, 1u, 4u, 63u, 64u, 65u, 200u}) {
      CAPTURE(skipped);
      CAPTURE(count);
      Rng one(0x123456789, 7), many(0x123456789, 7);
      for (std::size_t i = 0; i < skipped; ++i) CHECK(one.next() == many.next());
      std::vector<std::uint32_t> words(count), expected(count);
      for (std::uint32_t& word : expected) word = one.next();
      many.fill(words);
      CHECK(words == expected);
      CHECK(many.state() == one.state());
      CHECK(many.next() == one.next());
    }
}

TEST_CASE("the first numbers of a seed never change") {
  const auto check = [](auto draw, auto... expected) {
    Rng rng(42);
    (CHECK(draw(rng) == expected), ...);
  };
  check([](Rng& r) { return r.next(); }, 0x9ceaf053U, 0x77f5493bU, 0x12bf50adU, 0x5742b3d7U,
        0xfcdb2127U);
  check([](Rng& r) { return r.uniform(); }, 0x1.39d5e09dfd524p-1, 0x1.2bf50aae85678p-4,
        0x1.f9b64254ee9b3p-1);
  check([](Rng& r) { return r.below(1000000007); }, 612959885U, 73231737U, 987718657U, 513906150U);
  CHECK(Rng(42).permutation(10) == std::vector<std::uint32_t>{1, 0, 8, 9, 7, 6, 2, 4, 3, 5});
  CHECK(Rng(42).split(7).next() == 0xcf6c894dU);
  // log and cos differ by an ulp between C libraries
  Rng rng(42);
  for (const double expected :
       {1.2345418209781556, -2.9550533674680803, -1.4934674775718375, -1.3847914961865651})
    CHECK(std::abs(rng.normal() - expected) <= 1e-15 * std::abs(expected));
}

TEST_CASE("a state saved anywhere continues with the same numbers") {
  for (int drawn = 0; drawn < 9; ++drawn) {
    Rng rng(5, 6);
    for (int i = 0; i < drawn; ++i) rng.next();
    const Rng::State saved = rng.state();
    CHECK(saved == Rng::State{5, 6, static_cast<std::uint64_t>(drawn)});
    Rng resumed(saved);
    const Rng copy = rng;
    for (int i = 0; i < 10; ++i) CHECK(resumed.next() == rng.next());
    CHECK(resumed.state() == rng.state());
    CHECK(copy.state() == saved);
  }
  Rng rng(8);
  rng.next();
  rng.normal();
  Rng resumed(rng.state());
  CHECK(resumed.normal() == rng.normal());
  CHECK(resumed.permutation(20) == rng.permutation(20));
  CHECK(resumed.below(1000) == rng.below(1000));
}

TEST_CASE("seeds, streams and splits are independent of each other") {
  // With 32 bits a word, two of these 4,000 words are equal with probability 0.2 %.
  std::set<std::uint32_t> seen;
  std::size_t drawn = 0;
  const auto draw = [&](Rng rng) {
    for (int i = 0; i < 100; ++i, ++drawn) seen.insert(rng.next());
  };
  for (std::uint64_t i = 0; i < 10; ++i) {
    draw(Rng(i));
    draw(Rng(1, i + 1));
    draw(Rng(1).split(i));
    draw(Rng(1).split(1).split(i));
  }
  CHECK(seen.size() == drawn);

  // splitting does not depend on the position and does not change it
  Rng rng(3);
  const Rng before = rng.split(9);
  rng.next();
  const Rng::State at = rng.state();
  CHECK(rng.split(9).state() == before.state());
  CHECK(rng.state() == at);
  CHECK(rng.split(9).state() != rng.split(10).state());
  CHECK(rng.split(9).state() != Rng(4).split(9).state());

  // correlation of 20,000 pairs: a standard deviation of 1/√20000 = 0.0071
  Rng a = Rng(1).split(0), b = Rng(1).split(1);
  double product = 0;
  for (int i = 0; i < 20000; ++i) product += (a.uniform() - 0.5) * (b.uniform() - 0.5);
  CHECK(std::abs(12 * product / 20000) < 5 * 0.0071);
}

TEST_CASE("uniform") {
  Rng rng(11);
  constexpr int n = 100000;
  std::vector<std::size_t> bins(100);
  double least = 1, most = 0;
  bool fine = false;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform();
    least = std::min(least, u);
    most = std::max(most, u);
    fine |= u * 0x1p32 != std::floor(u * 0x1p32);
    ++bins[static_cast<std::size_t>(u * 100)];
  }
  CHECK(least >= 0);
  CHECK(most < 1);
  CHECK(least < 1e-4);  // probability e⁻¹⁰ that no number is below it
  CHECK(most > 1 - 1e-4);
  CHECK(fine);  // more than 32 bits
  CHECK(chi_square(bins) < chi_square_limit(bins.size()));
  for (int i = 0; i < 1000; ++i) {
    const double u = rng.uniform(-3, 5);
    CHECK(u >= -3);
    CHECK(u < 5);
  }
}

TEST_CASE("below") {
  for (const std::uint64_t n : {2U, 3U, 7U, 10U, 100U}) {
    Rng rng(n);
    std::vector<std::size_t> bins(n);
    for (int i = 0; i < 50000; ++i) ++bins.at(rng.below(n));
    CAPTURE(n);
    CHECK(chi_square(bins) < chi_square_limit(n));
  }
  Rng rng(1);
  for (int i = 0; i < 10; ++i) CHECK(rng.below(1) == 0);
  // For n = ¾ of 2⁶⁴, a draw without rejection would give the lower of two neighbours twice as
  // often; then the shares of the three thirds of the range would be far from ⅓.
  const std::uint64_t large = std::uint64_t{3} << 62;
  std::vector<std::size_t> residues(3);
  for (int i = 0; i < 30000; ++i) {
    const std::uint64_t x = rng.below(large);
    CHECK(x < large);
    ++residues[x % 3];
  }
  CHECK(chi_square(residues) < chi_square_limit(3));
  CHECK_ERROR("[rng] below(0) has no number to draw.", rng.below(0));
}

TEST_CASE("normal") {
  Rng rng(13);
  constexpr int n = 200000;
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  std::size_t beyond_two = 0;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    REQUIRE(std::isfinite(x));
    sum += x;
    squares += x * x;
    cubes += x * x * x;
    fourths += x * x * x * x;
    beyond_two += std::abs(x) > 2;
  }
  // xᵏ has the variances 1, 2, 15, 96; five standard deviations of their means are allowed
  const double deviation = 5 / std::sqrt(double{n});
  CHECK(std::abs(sum / n) < deviation);
  CHECK(std::abs(squares / n - 1) < deviation * std::sqrt(2.0));
  CHECK(std::abs(cubes / n) < deviation * std::sqrt(15.0));
  CHECK(std::abs(fourths / n - 3) < deviation * std::sqrt(96.0));
  const double share = 0.04550026389635842;  // of a normal beyond two deviations
  CHECK(std::abs(static_cast<double>(beyond_two) / n - share) <
        deviation * std::sqrt(share * (1 - share)));
}

TEST_CASE("permutation") {
  Rng rng(17);
  for (const std::size_t n : {0U, 1U, 2U, 3U, 10U, 1000U}) {
    auto order = rng.permutation(n);
    REQUIRE(order.size() == n);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i) CHECK(order[i] == i);
  }
  CHECK(rng.permutation(100) != rng.permutation(100));
  for (const std::size_t n : {1U, 7U, 255U, 256U, 257U, 1000U}) {  // the same as drawing one by one
    Rng drawn(n), shuffled(n);
    drawn.next();
    shuffled.next();
    std::vector<std::uint32_t> order(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto j = static_cast<std::size_t>(drawn.below(i + 1));
      order[i] = order[j];
      order[j] = static_cast<std::uint32_t>(i);
    }
    CHECK(shuffled.permutation(n) == order);
    CHECK(shuffled.next() == drawn.next());
  }
  std::vector<std::size_t> seen(24);  // all orders of four are equally frequent
  for (int i = 0; i < 24000; ++i) {
    const auto p = rng.permutation(4);
    std::size_t rank = 0;
    for (std::size_t a = 0; a < 4; ++a) {
      std::size_t smaller = 0;
      for (std::size_t b = a + 1; b < 4; ++b) smaller += p[b] < p[a];
      rank = rank * (4 - a) + smaller;
    }
    ++seen[rank];
  }
  CHECK(chi_square(seen) < chi_square_limit(24));
  CHECK_ERROR("[rng] permutation of 4294967296 items", rng.permutation(std::size_t{1} << 32));
}

}  // namespace reel
