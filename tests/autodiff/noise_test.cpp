// Noise: what decides the numbers that are drawn, and whose scope they are drawn in.
#include <reel/autodiff/core/noise.h>

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace reel;

namespace {

using Words = std::vector<std::uint32_t>;

// The first words of some rows of the next tensor.
Words drawn(Noise& noise, std::size_t rows) {
  const Rng tensor = noise.draw();
  Words words;
  for (std::size_t i = 0; i < rows; ++i) words.push_back(tensor.split(i).next());
  return words;
}

}  // namespace

TEST_CASE("noise: the innermost of a thread is the one that is drawn from") {
  CHECK(Noise::current() == nullptr);
  Rng rng(1);
  {
    Noise outer(rng);
    CHECK(Noise::current() == &outer);
    {
      Noise inner(rng);
      CHECK(Noise::current() == &inner);
    }
    CHECK(Noise::current() == &outer);
  }
  CHECK(Noise::current() == nullptr);
}

TEST_CASE("noise: each pass, each tensor and each row has numbers of its own") {
  Rng rng(1);
  Noise first(rng), second(rng);
  const Words a = drawn(first, 3), b = drawn(first, 3), c = drawn(second, 3);
  CHECK(a[0] != a[1]);
  CHECK(a[1] != a[2]);
  CHECK(a != b);
  CHECK(a != c);
  CHECK(b != c);
}

TEST_CASE("noise: from a state it goes on, and from the same generator it is the same") {
  Rng rng(5), same(5);
  Noise noise(rng), again(same);
  CHECK(rng.state() == same.state());
  CHECK(rng.state().position > 0);  // so the next pass has another key
  CHECK(drawn(noise, 4) == drawn(again, 4));
  const Noise::State state = noise.state();
  const Words next = drawn(noise, 4);
  Noise restored(state);
  CHECK(drawn(restored, 4) == next);
}
