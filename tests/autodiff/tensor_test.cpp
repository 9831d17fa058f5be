// Building tensors, and computing shapes.
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

std::vector<Real> values_of(const Tensor& t) { return {t.data(), t.data() + t.size()}; }

}  // namespace

TEST_CASE("builders") {
  CHECK(scalar(3).shape() == Shape{});
  CHECK(values_of(scalar(3)) == std::vector<Real>{3});
  CHECK(vector({2, 3}).shape() == Shape{2});
  CHECK(values_of(vector({2, 3})) == std::vector<Real>{2, 3});
  CHECK(vector({5}).shape() == Shape{1});
  CHECK(matrix({{1, 2, 3}, {4, 5, 6}}).shape() == Shape{2, 3});
  CHECK(values_of(matrix({{1, 2, 3}, {4, 5, 6}})) == std::vector<Real>{1, 2, 3, 4, 5, 6});
  CHECK(matrix({{1}, {2}}).shape() == Shape{2, 1});
  const std::vector<Real> six{1, 2, 3, 4, 5, 6};
  CHECK(from_values({3, 2}, six).shape() == Shape{3, 2});
  CHECK(from_values({3, 2}, six)(2, 0) == 5);
  CHECK(from_values({}, std::vector<Real>{7})() == 7);
  CHECK(values_of(full({2, 2}, Real(0.5))) == std::vector<Real>(4, Real(0.5)));
  CHECK(values_of(zeros({3})) == std::vector<Real>(3, 0));
  CHECK(uninitialized({4, 5}).shape() == Shape{4, 5});
  CHECK(uninitialized({4, 5}).size() == 20);
}

TEST_CASE("empty tensors") {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 4}}) {
    const Tensor t = full(shape, 1);
    CHECK(t.size() == 0);
    CHECK(t.shape() == shape);
    CHECK(from_values(shape, {}).shape() == shape);
  }
  CHECK(vector({}).shape() == Shape{0});
  CHECK(matrix({}).shape() == Shape{0, 0});
  CHECK(matrix({{}, {}}).shape() == Shape{2, 0});
}

TEST_CASE("five axes, more than live inline") {
  const Shape shape{2, 1, 3, 2, 2};
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = static_cast<Real>(i);
  CHECK(t.size() == 24);
  CHECK(t(1, 0, 2, 1, 0) == 22);
  const Tensor copy = t;
  t(1, 0, 2, 1, 0) = -1;
  CHECK(copy(1, 0, 2, 1, 0) == 22);
  CHECK(copy.shape() == shape);
  CHECK(to_string(shape) == "(2,1,3,2,2)");
}

TEST_CASE("tensors are values") {
  Tensor a = vector({1, 2});
  Tensor b = a;
  b(0) = 9;
  CHECK(a(0) == 1);
  a = std::move(b);
  CHECK(values_of(a) == std::vector<Real>{9, 2});
}

TEST_CASE("wrong counts and ragged rows") {
  CHECK_ERROR("[from_values] shape (2,3) takes 6 values, got 5.",
              from_values({2, 3}, std::vector<Real>(5)));
  CHECK_ERROR("[from_values] shape () takes 1 values, got 0.", from_values({}, {}));
  CHECK_ERROR("[from_values] shape (0) takes 0 values, got 1.",
              from_values({0}, std::vector<Real>(1)));
  CHECK_ERROR("[matrix] rows of 2 and of 1 values.", matrix({{1, 2}, {3}}));
  CHECK_ERROR("[matrix] rows of 1 and of 2 values.", matrix({{1}, {2, 3}}));
  CHECK_ERROR("[matrix] rows of 0 and of 1 values.", matrix({{}, {2}}));
}

TEST_CASE("shapes as text") {
  CHECK(to_string(Shape{}) == "()");
  CHECK(to_string(Shape{7}) == "(7)");
  CHECK(to_string(Shape{64, 784}) == "(64,784)");
  CHECK(to_string(Shape{0, 1}) == "(0,1)");
}

TEST_CASE("the count of elements, and its overflow") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK(element_count({}) == 1);
  CHECK(element_count({5}) == 5);
  CHECK(element_count({2, 3, 4, 5, 6}) == 720);
  CHECK(element_count({most, 0}) == 0);
  CHECK(element_count({most, most, 0}) == 0);
  CHECK(element_count({most / sizeof(Real)}) == most / sizeof(Real));
  CHECK_ERROR("has too many elements", element_count({most / sizeof(Real) + 1}));
  CHECK_ERROR("[tensor] shape (4294967296,4294967296) has too many elements.",
              element_count({std::size_t{1} << 32, std::size_t{1} << 32}));
  // the plain product would overflow to 4
  CHECK_ERROR("has too many elements", uninitialized({(most / 4) + 2, 4}));
  CHECK_ERROR("has too many elements", zeros({most}));
  CHECK_ERROR("has too many elements", from_values({most, most}, {}));
}

TEST_CASE("item") {
  CHECK(item(scalar(4)) == 4);
  CHECK(item(full({1, 1, 1}, 5)) == 5);
  CHECK_ERROR("[item] a tensor of shape (2) is not one number.", item(vector({1, 2})));
  CHECK_ERROR("[item] a tensor of shape (0) is not one number.", item(vector({})));
}

TEST_CASE("broadcast_shape") {
  const auto both = [](const Shape& a, const Shape& b, const Shape& expected) {
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    CHECK(broadcast_shape(a, b, "test") == expected);
    CHECK(broadcast_shape(b, a, "test") == expected);
  };
  both({}, {}, {});
  both({}, {2, 3}, {2, 3});
  both({2, 3}, {2, 3}, {2, 3});
  both({2, 3}, {3}, {2, 3});
  both({2, 3}, {2, 1}, {2, 3});
  both({2, 1}, {3}, {2, 3});
  both({2, 1, 3}, {4, 1}, {2, 4, 3});
  both({1}, {0}, {0});
  both({0, 3}, {3}, {0, 3});
  both({0, 1}, {1, 5}, {0, 5});
  both({}, {0}, {0});
  both({2, 1, 1, 1, 6}, {5, 1, 4, 1}, {2, 5, 1, 4, 6});

  CHECK_ERROR("[add] shapes (2,3) and (2) don't broadcast: axis 1 has 3 and 2.",
              broadcast_shape({2, 3}, {2}, "add"));
  CHECK_ERROR("[add] shapes (4) and (2,3) don't broadcast: axis 1 has 3 and 4.",
              broadcast_shape({4}, {2, 3}, "add"));
  CHECK_ERROR("don't broadcast: axis 0 has 0 and 2.", broadcast_shape({0}, {2}, "add"));
  CHECK_ERROR("don't broadcast: axis 0 has 2 and 5.", broadcast_shape({2, 1}, {5, 3}, "add"));
}

}  // namespace reel::inline REEL_PRECISION
