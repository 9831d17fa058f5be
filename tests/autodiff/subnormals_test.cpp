// FlushSubnormals: what it changes, and that it restores it.
#include <reel/autodiff/core/subnormals.h>

#include <doctest/doctest.h>

#include <cfenv>
#include <limits>
#include <thread>

using namespace reel;

namespace {

// Half of the smallest normal number, computed at run time.
float half_of_least() {
  volatile float least = std::numeric_limits<float>::min();
  return least * 0.5f;
}

#if defined(__SSE2__) || defined(__aarch64__)
constexpr bool flushes = true;
#else
constexpr bool flushes = false;
#endif

}  // namespace

TEST_CASE("subnormals: are zero while it lives, on this thread, and then no longer") {
  CHECK(half_of_least() > 0);
  {
    const FlushSubnormals outer;
    CHECK((half_of_least() == 0) == flushes);
    {
      const FlushSubnormals inner;
      CHECK((half_of_least() == 0) == flushes);
    }
    CHECK((half_of_least() == 0) == flushes);
  }
  CHECK(half_of_least() > 0);
}

TEST_CASE("subnormals: leaves other numbers and the rounding mode alone") {
  std::fesetround(FE_UPWARD);
  {
    const FlushSubnormals flush;
    volatile float one = 1, three = 3;
    CHECK(one / three > 1.0 / 3);
    CHECK(std::fegetround() == FE_UPWARD);
  }
  CHECK(std::fegetround() == FE_UPWARD);
  std::fesetround(FE_TONEAREST);
}
