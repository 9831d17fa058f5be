// Values and gradients of the operations against PyTorch's, from tests/golden/ops.json.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace {

using nlohmann::json;
using Inputs = std::span<const Var>;
using Operation = std::function<Var(Inputs, const json& options)>;

Shape shape_from(const json& sizes) {
  Shape shape;
  for (const json& size : sizes) shape.push_back(size.get<std::size_t>());
  return shape;
}

Tensor tensor_from(const json& described) {
  return from_values(shape_from(described["shape"]), described["values"].get<std::vector<Real>>());
}

Axes axes_from(const json& options) {
  const auto axes = options.value("axes", std::vector<int>{});
  REQUIRE(axes.size() <= 2);
  return axes.empty() ? Axes{} : axes.size() == 1 ? Axes{axes[0]} : Axes{axes[0], axes[1]};
}

Reduction reduction_from(const json& options) {
  const std::string name = options.value("reduction", "mean");
  REQUIRE((name == "mean" || name == "sum"));
  return name == "mean" ? Reduction::mean : Reduction::sum;
}

Operation unary(Var (*f)(const Var&)) {
  return [f](Inputs x, const json&) { return f(x[0]); };
}

Operation binary(Var (*f)(const Var&, const Var&)) {
  return [f](Inputs x, const json&) { return f(x[0], x[1]); };
}

Operation along_axis(Var (*f)(const Var&, int)) {
  return [f](Inputs x, const json& options) { return f(x[0], options.value("axis", -1)); };
}

Operation reduction(Var (*f)(const Var&, const Axes&, bool)) {
  return [f](Inputs x, const json& options) {
    return f(x[0], axes_from(options), options.value("keep_dims", false));
  };
}

Operation to_shape(Var (*f)(const Var&, const Shape&)) {
  return [f](Inputs x, const json& options) { return f(x[0], shape_from(options.at("shape"))); };
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> table{
      {"add", binary(&reel::add)},
      {"subtract", binary(&reel::subtract)},
      {"multiply", binary(&reel::multiply)},
      {"divide", binary(&reel::divide)},
      {"maximum", binary(&reel::maximum)},
      {"power",
       [](Inputs x, const json& options) {
         return pow(x[0], x.size() == 2 ? x[1] : Var(options.at("exponent").get<Real>()));
       }},
      {"negate", unary(&reel::negate)},
      {"exp", unary(&reel::exp)},
      {"log", unary(&reel::log)},
      {"sqrt", unary(&reel::sqrt)},
      {"square", unary(&reel::square)},
      {"abs", unary(&reel::abs)},
      {"tanh", unary(&reel::tanh)},
      {"sigmoid", unary(&reel::sigmoid)},
      {"relu", unary(&reel::relu)},
      {"leaky_relu",
       [](Inputs x, const json& options) {
         return options.empty() ? leaky_relu(x[0]) : leaky_relu(x[0], options.at("slope"));
       }},
      {"elu",
       [](Inputs x, const json& options) {
         return options.empty() ? elu(x[0]) : elu(x[0], options.at("alpha"));
       }},
      {"maxout", [](Inputs x, const json& options) { return maxout(x[0], options.at("pieces")); }},
      {"softmax", along_axis(&reel::softmax)},
      {"log_softmax", along_axis(&reel::log_softmax)},
      {"sum", reduction(&reel::sum)},
      {"mean", reduction(&reel::mean)},
      {"logsumexp", reduction(&reel::logsumexp)},
      {"reshape", to_shape(&reel::reshape)},
      {"transpose",
       [](Inputs x, const json& options) {
         return options.empty() ? reel::transpose(x[0])
                                : reel::transpose(x[0], shape_from(options.at("order")));
       }},
      {"broadcast_to", to_shape(&reel::broadcast_to)},
      {"sum_to", to_shape(&reel::sum_to)},
      {"matmul",
       [](Inputs x, const json& options) {
         if (options.empty()) return matmul(x[0], x[1]);
         return matmul(x[0], options.value("transpose_a", false), x[1],
                       options.value("transpose_b", false));
       }},
      {"affine", [](Inputs x, const json&) { return affine(x[0], x[1], x[2]); }},
      {"softmax_cross_entropy",
       [](Inputs x, const json& options) {
         const auto labels = options.at("labels").get<Labels>();
         return softmax_cross_entropy(x[0], labels, reduction_from(options));
       }},
      {"squared_error", [](Inputs x, const json& options) {
         return squared_error(x[0], x[1], reduction_from(options));
       }}};
  return table;
}

json golden() {
  std::ifstream file(std::filesystem::path(REEL_SOURCE_DIR) / "tests/golden/ops.json");
  REQUIRE(file);
  return json::parse(file);
}

// Where a gradient is what is left of a difference of numbers of order 1, half an eps of those
// stays.
double floor_of(const std::string& op, const std::string& name) {
  const bool cancels = (op == "elu" && name == "far out") ||        // y + α at −30
                       (op == "softmax" && name == "wide spread");  // g − Σ g·y
  return cancels ? std::numeric_limits<double>::epsilon() / 2 : 0;
}

void check(const json& c) {
  const std::string op = c["op"], name = c["name"];
  CAPTURE(op);
  CAPTURE(name);
  const auto f = operations().find(op);
  REQUIRE_MESSAGE(f != operations().end(), "no operation of this name is known here");
  Tape tape;
  std::vector<Var> inputs;
  for (const json& x : c["inputs"]) inputs.push_back(tape.variable(tensor_from(x)));
  const Var y = f->second(inputs, c["options"]);
  const double atol = floor_of(op, name);
  CHECK(near(y.value(), tensor_from(c["output"]), 1e-12, atol));
  REQUIRE(c["gradients"].size() == inputs.size());
  for (const bool recorded : {false, true}) {
    CAPTURE(recorded);
    const auto gradients =
        grad(y, inputs, {.create_graph = recorded, .seed = tensor_from(c["weight"])});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor expected = tensor_from(c["gradients"][i]);
      CAPTURE(i);
      CHECK(near(gradients[i].value(), expected, 1e-12, atol));
    }
  }
}

}  // namespace

TEST_CASE("operations equal PyTorch's") {
  const json cases = golden();
  CHECK(cases.size() == 141);
  std::set<std::string> seen;
  for (const json& c : cases) {
    check(c);
    seen.insert(c["op"]);
  }
  for (const auto& operation : operations()) {
    const std::string& name = operation.first;
    CAPTURE(name);
    CHECK(seen.count(name) == 1);
  }
}

}  // namespace reel::inline REEL_PRECISION
