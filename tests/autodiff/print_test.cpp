// Printing of tensors, variables and parameters.
#include <doctest/doctest.h>

#include <limits>
#include <sstream>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/tensor/tensor.h>

namespace {

template <class T>
std::string printed(const T& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

}  // namespace

using reel::full, reel::matrix, reel::scalar, reel::Tensor, reel::vector, reel::zeros;

TEST_CASE("print: nested lists, from any namespace") {
  CHECK(printed(scalar(2.5)) == "2.5");
  CHECK(printed(vector({1, 2, -3})) == "[1, 2, -3]");
  CHECK(printed(vector({})) == "[]");
  CHECK(printed(matrix({{1, 2}, {3, 40}})) == "[[ 1,  2],\n [ 3, 40]]");
  CHECK(printed(zeros({1, 2, 2})) == "[[[0, 0],\n  [0, 0]]]");
  CHECK(printed(zeros({2, 0})) == "[[],\n []]");
  CHECK(printed(vector({reel::Real(1) / 3, 1e-9})) == "[0.33333, 1e-09]");
  const reel::Real nan = std::numeric_limits<reel::Real>::quiet_NaN();
  CHECK(printed(vector({nan, -std::numeric_limits<reel::Real>::infinity()})) == "[nan, -inf]");
}

TEST_CASE("print: many elements are cut") {
  CHECK(printed(full({200}, 1)).find("…") == std::string::npos);
  CHECK(printed(full({201}, 1)) == "[1, 1, 1, …, 1, 1, 1]");
  Tensor t = zeros({100, 100});
  t(99, 99) = 7;
  t(50, 50) = 12345;
  CHECK(printed(t) ==
        "[[0, 0, 0, …, 0, 0, 0],\n [0, 0, 0, …, 0, 0, 0],\n [0, 0, 0, …, 0, 0, 0],\n …,\n"
        " [0, 0, 0, …, 0, 0, 0],\n [0, 0, 0, …, 0, 0, 0],\n [0, 0, 0, …, 0, 0, 7]]");
}

TEST_CASE("print: variables and parameters") {
  CHECK(printed(reel::Var(vector({1, 2}))) == "[1, 2]");
  reel::Parameter p(vector({1, 2}), "0.bias");
  CHECK(printed(p) == "parameter \"0.bias\" (2)\n[1, 2]");
  p.freeze();
  CHECK(printed(p) == "parameter \"0.bias\" (2), frozen\n[1, 2]");
  CHECK(printed(reel::Parameter::uninitialised({2})) == "parameter (2), without values");
}

TEST_CASE("tensors from vectors of float and double") {
  const std::vector<double> d{1, 2.5};
  const std::vector<float> f{1, 2.5};
  CHECK(printed(vector(d)) == "[1, 2.5]");
  CHECK(printed(vector(f)) == "[1, 2.5]");
  CHECK(printed(matrix(std::vector<std::vector<double>>{{1, 2}, {3, 4}})) == "[[1, 2],\n [3, 4]]");
  CHECK(printed(matrix(std::vector<std::vector<float>>{{1}, {3}})) == "[[1],\n [3]]");
  CHECK(matrix(std::vector<std::vector<float>>{}).shape() == reel::Shape{0, 0});
  CHECK_THROWS_WITH(matrix(std::vector<std::vector<float>>{{1}, {}}),
                    "[matrix] rows of 1 and of 0 values.");
}
