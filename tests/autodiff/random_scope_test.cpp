// RandomScope: which things decide the random numbers, and from which scope they are drawn.
#include <reel/autodiff/core/random_scope.h>

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace reel;

namespace {

using Words = std::vector<std::uint32_t>;

// The first words of some rows of the next tensor.
Words drawn(RandomScope& scope, std::size_t rows) {
  const Rng tensor = scope.draw();
  Words words;
  for (std::size_t i = 0; i < rows; ++i) words.push_back(tensor.split(i).next());
  return words;
}

}  // namespace

TEST_CASE("random scope: the innermost of a thread is the one that is drawn from") {
  CHECK(RandomScope::current() == nullptr);
  Rng rng(1);
  {
    RandomScope outer(rng);
    CHECK(RandomScope::current() == &outer);
    {
      RandomScope inner(rng);
      CHECK(RandomScope::current() == &inner);
    }
    CHECK(RandomScope::current() == &outer);
  }
  CHECK(RandomScope::current() == nullptr);
}

TEST_CASE("random scope: each pass, each tensor and each row has numbers of its own") {
  Rng rng(1);
  RandomScope first(rng), second(rng);
  const Words a = drawn(first, 3), b = drawn(first, 3), c = drawn(second, 3);
  CHECK(a[0] != a[1]);
  CHECK(a[1] != a[2]);
  CHECK(a != b);
  CHECK(a != c);
  CHECK(b != c);
}

TEST_CASE("random scope: from a state it goes on, and from the same generator it is the same") {
  Rng rng(5), same(5);
  RandomScope scope(rng), again(same);
  CHECK(rng.state() == same.state());
  CHECK(rng.state().position > 0);  // so the next pass has another key
  CHECK(drawn(scope, 4) == drawn(again, 4));
  const RandomScope::State state = scope.state();
  const Words next = drawn(scope, 4);
  RandomScope restored(state);
  CHECK(drawn(restored, 4) == next);
}
