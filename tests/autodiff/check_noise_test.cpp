// The numerical derivatives of the gradient checker when a function is computed with noise.
#include <reel/autodiff/inspect/check/numeric.h>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/inspect/check/program.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t input_count = 100;
constexpr double amplitude = 1e-9;

// 1000 + t, with noise that is uniform within ±amplitude; the same at the same t.
detail::Values noisy_line(double t) {
  Rng rng(std::bit_cast<std::uint64_t>(t));
  detail::Values values;
  for (std::size_t k = 0; k < input_count; ++k)
    values.push_back(1000 + t + amplitude * rng.uniform(-1, 1));
  return values;
}

detail::Differences differences(const detail::Curve& f) {
  return {f, 1e-3, detail::Differences::usual_levels, 1};
}

struct Verdicts {
  int doubtful = 0, wrong = 0;
};

Verdicts verdicts(double derivative) {
  Verdicts result;
  auto d = differences(noisy_line);
  for (std::size_t k = 0; k < input_count; ++k) {
    const auto found = detail::compare(d, k, {derivative, 0}, {1e-6, 1e-8});
    result.doubtful += found.doubt > 0;
    result.wrong += found.doubt == 0 && !found.ok();
  }
  return result;
}

}  // namespace

TEST_CASE("checker: the noise of a function is estimated, and a trend is none") {
  auto d = differences(noisy_line);
  double mean = 0;
  for (const double noise : d.noise()) mean += noise / input_count;
  CHECK(mean > amplitude / std::sqrt(3.) * 0.7);
  CHECK(mean < amplitude / std::sqrt(3.) * 2);
  const auto smooth = [](double t) { return detail::Values{1000 + t, std::sin(t)}; };
  const detail::Values none = differences(smooth).noise();
  CHECK(none[0] < 1000 * 2.3e-16);
  CHECK(none[1] < 1e-20);
}

TEST_CASE("checker: noise excuses an error of its own size, and no larger one") {
  const Verdicts within = verdicts(1 + 4e-6), beyond = verdicts(1 + 1e-4);
  CHECK(within.doubtful > 60);
  CHECK(beyond.wrong > 80);
}

TEST_CASE("checker: the rounding of a large value excuses no more than itself") {
  auto d = differences([](double t) { return detail::Values{1e8 + t}; });
  const auto found = detail::compare(d, 0, {1.001, 0}, {1e-6, 1e-8});
  CHECK(!found.ok());
  CHECK(found.doubt == 0);
}

TEST_CASE("checker: a sum whose terms cancel has the size of the terms") {
  const detail::Line line{0, 3, {vector({1, 1}), vector({2})}, 1e-3};
  const detail::Analytic sum = detail::along(line, {vector({3e6, -3e6}), vector({0.5})});
  CHECK(sum.value == 1);
  CHECK(std::abs(sum.scale - std::sqrt(18.) * 1e6) < 1);
}

}  // namespace reel::inline REEL_PRECISION
