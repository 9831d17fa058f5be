// Balanced weights of classes.
#include <reel/data/balance.h>

#include <doctest/doctest.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

TEST_CASE("balance: n / (classes · count of the class)") {
  const Dataset points(zeros({8, 1}), {0, 2, 1, 2, 2, 2, 1, 2});
  CHECK(near(balanced_weights(points), vector({Real(8) / 3 / 1, Real(8) / 3 / 2, Real(8) / 3 / 5}),
             1e-15));
  CHECK(balanced_weights(Dataset(zeros({4, 1}), {1, 0, 0, 1})) == vector({1, 1}));
  const Dataset weighted = points.weighted(vector({1, 0, 3, 0, 0, 0, 0, 2}));
  CHECK(near(balanced_weights(weighted), vector({2, Real(2) / 3, 1}), 1e-15));
  const Dataset part = points.subset(std::vector<std::uint32_t>{0, 1, 2});
  CHECK(balanced_weights(part) == vector({1, 1, 1}));
}

TEST_CASE("balance: a class without samples or weight, and targets that are no classes") {
  const auto message = [](const Dataset& dataset) {
    try {
      balanced_weights(dataset);
    } catch (const Error& error) {
      return concat(static_cast<int>(error.kind()), ' ', error.what());
    }
    return std::string();
  };
  CHECK(message(Dataset(zeros({2, 1}), {0, 2}, {.class_names = {"a", "b", "c"}})) ==
        "3 [balanced_weights] \"data\" has no samples of \"b\", so the class has no weight.");
  CHECK(message(Dataset(zeros({2, 1}), {0, 1}).weighted(vector({1, 0}))) ==
        "3 [balanced_weights] \"data\" has no samples of \"1\", so the class has no weight.");
  CHECK(message(Dataset(zeros({2, 1}), zeros({2}))) ==
        "2 [balanced_weights] \"data\" has no targets that are classes.");
}

}  // namespace
}  // namespace data
}  // namespace reel::inline REEL_PRECISION
