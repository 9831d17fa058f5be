// Every operation: its derivatives, first and second, against numerical ones.
#include "operation_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {

// Values of both signs that are apart from each other, from 0 and from 1 by more than the checker's
// step.
Tensor signed_values(const Shape& shape, double offset = 0) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i)
    t.data()[i] =
        static_cast<Real>((i % 2 ? -1 : 1) * (0.3 + 0.17 * static_cast<double>(i)) + offset);
  return t;
}

Tensor positive_values(const Shape& shape) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i)
    t.data()[i] = static_cast<Real>(0.4 + 0.23 * static_cast<double>((7 * i) % 11));
  return t;
}

namespace {

using Vars = std::span<const Var>;
using Unary = Var (*)(const Var&);
using Binary = Var (*)(const Var&, const Var&);

void add_unary(std::vector<OperationCase>& table, const char* name, Unary f,
               bool positive = false) {
  const auto values = [&](const Shape& shape) {
    return positive ? positive_values(shape) : signed_values(shape);
  };
  const auto apply = [f](Vars x) { return f(x[0]); };
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{2, 3}, Shape{2, 1, 3}, Shape{0}})
    table.push_back({name, "of " + to_string(shape), apply, {values(shape)}});
  table.push_back(
      {name, "used twice", [f](Vars x) { return f(x[0]) * f(x[0]) + x[0]; }, {values({3})}});
}

void add_binary(std::vector<OperationCase>& table, const char* name, Binary f,
                bool positive = false) {
  const auto values = [&](const Shape& shape, double offset) {
    return positive ? positive_values(shape) : signed_values(shape, offset);
  };
  const auto apply = [f](Vars x) { return f(x[0], x[1]); };
  const std::vector<std::pair<Shape, Shape>> shapes{
      {{}, {}},         {{1}, {1}},       {{4}, {4}},          {{2, 3}, {2, 3}},
      {{2, 3}, {}},     {{}, {2, 3}},     {{2, 3}, {3}},       {{3}, {2, 3}},
      {{2, 3}, {2, 1}}, {{2, 1}, {1, 3}}, {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},
      {{2, 3}, {1, 1}}};
  for (const auto& [a, b] : shapes)
    table.push_back(
        {name, to_string(a) + " with " + to_string(b), apply, {values(a, 0), values(b, 0.05)}});
  table.push_back({name,
                   "a value with itself",
                   [f](Vars x) { return f(x[0], x[0] * x[0]) + x[0]; },
                   {positive ? positive_values({3}) : signed_values({3}, 0.05)}});
}

void add_reductions(std::vector<OperationCase>& table) {
  using Reduce = Var (*)(const Var&, const Axes&, bool);
  const std::vector<std::pair<const char*, Reduce>> reductions{
      {"sum", &reel::sum}, {"mean", &reel::mean}, {"logsumexp", &reel::logsumexp}};
  for (const auto& [name, reduce] : reductions) {
    for (const bool keep : {false, true})
      for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}, Axes{-1}, Axes{0, 2}, Axes{2, 1}})
        table.push_back({name,
                         keep ? "axes kept" : "axes dropped",
                         [reduce = reduce, axes, keep](Vars x) { return reduce(x[0], axes, keep); },
                         {signed_values({2, 3, 2})}});
    table.push_back({name,
                     "of a scalar",
                     [reduce = reduce](Vars x) { return reduce(x[0], {}, false); },
                     {signed_values({})}});
    table.push_back({name,
                     "used twice",
                     [reduce = reduce](Vars x) { return x[0] * reduce(x[0], 1, true); },
                     {signed_values({2, 3})}});
  }
}

void add_softmax(std::vector<OperationCase>& table) {
  using Softmax = Var (*)(const Var&, int);
  const std::vector<std::pair<const char*, Softmax>> both{{"softmax", &reel::softmax},
                                                          {"log_softmax", &reel::log_softmax}};
  for (const auto& [name, softmax] : both)
    for (const int axis : {0, 1, -1})
      table.push_back({name,
                       "axis " + std::to_string(axis),
                       [softmax = softmax, axis](Vars x) { return softmax(x[0], axis); },
                       {signed_values({3, 4})}});
}

void add_shapes(std::vector<OperationCase>& table) {
  const Tensor x = signed_values({2, 3});
  const auto squared = [](const Var& v) { return v * v; };  // so that the second order is not zero
  table.push_back({"reshape", "", [=](Vars v) { return squared(reshape(v[0], {3, 2})); }, {x}});
  table.push_back(
      {"reshape", "to a vector", [=](Vars v) { return squared(reshape(v[0], {6})); }, {x}});
  table.push_back({"transpose", "a matrix", [=](Vars v) { return squared(transpose(v[0])); }, {x}});
  table.push_back({"transpose",
                   "an order",
                   [=](Vars v) {
                     return squared(transpose(v[0], {2, 0, 1}));
                   },
                   {signed_values({2, 3, 2})}});
  table.push_back({"broadcast_to",
                   "new and stretched axes",
                   [=](Vars v) {
                     return squared(broadcast_to(v[0], {2, 2, 3}));
                   },
                   {signed_values({2, 1})}});
  table.push_back({"sum_to",
                   "new and stretched axes",
                   [=](Vars v) {
                     return squared(sum_to(v[0], {3, 1}));
                   },
                   {signed_values({2, 3, 2})}});
  table.push_back(
      {"variable",
       "inside grad",
       [](Vars v) { return elementwise_grad([](const Var& t) { return t * t * t; })(v[0]); },
       {x}});
}

void add_linear(std::vector<OperationCase>& table) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      table.push_back({"matmul",
                       std::string(ta ? "aᵀ" : "a") + (tb ? "·bᵀ" : "·b"),
                       [=](Vars v) { return matmul(v[0], ta, v[1], tb); },
                       {signed_values(ta ? Shape{3, 2} : Shape{2, 3}),
                        signed_values(tb ? Shape{4, 3} : Shape{3, 4}, 0.1)}});
  const auto product = [](Vars v) { return matmul(v[0], v[1]); };
  table.push_back(
      {"matmul", "matrix and vector", product, {signed_values({2, 3}), signed_values({3})}});
  table.push_back(
      {"matmul", "vector and matrix", product, {signed_values({3}), signed_values({3, 2})}});
  table.push_back({"matmul", "vectors", product, {signed_values({3}), signed_values({3}, 0.2)}});
  table.push_back({"matmul",
                   "with itself",
                   [](Vars v) { return matmul(v[0], matmul(v[0], v[0])); },
                   {signed_values({3, 3})}});
  table.push_back({"matmul",
                   "with its transpose",
                   [](Vars v) { return matmul(v[0], true, v[0], false); },
                   {signed_values({3, 2})}});
  table.push_back({"affine",
                   "",
                   [](Vars v) { return affine(v[0], v[1], v[2]); },
                   {signed_values({4, 3}), signed_values({2, 3}, 0.1), signed_values({2})}});
  table.push_back({"affine",
                   "twice through one weight",
                   [](Vars v) { return affine(tanh(affine(v[0], v[1], v[2])), v[1], v[2]); },
                   {signed_values({2, 3}), signed_values({3, 3}, 0.1), signed_values({3})}});
}

void add_losses(std::vector<OperationCase>& table) {
  for (const Reduction r : {Reduction::mean, Reduction::sum}) {
    table.push_back({"softmax_cross_entropy",
                     r == Reduction::mean ? "mean" : "sum",
                     [r](Vars v) {
                       const Labels labels{2, 0, 0};
                       return softmax_cross_entropy(v[0], labels, r);
                     },
                     {signed_values({3, 4})}});
    table.push_back({"squared_error",
                     r == Reduction::mean ? "mean" : "sum",
                     [r](Vars v) { return squared_error(v[0], v[1], r); },
                     {signed_values({2, 3}), signed_values({2, 3}, 0.4)}});
  }
  table.push_back({"softmax_cross_entropy",
                   "scaled and used twice",
                   [](Vars v) {
                     const Labels labels{1, 1};
                     const Var l = softmax_cross_entropy(v[0] * v[0], labels);
                     return l * l * v[0];
                   },
                   {signed_values({2, 3})}});
}

std::vector<OperationCase> make_table() {
  std::vector<OperationCase> table;
  add_binary(table, "add", &reel::add);
  add_binary(table, "subtract", &reel::subtract);
  add_binary(table, "multiply", &reel::multiply);
  add_binary(table, "divide", &reel::divide);
  add_binary(table, "maximum", &reel::maximum);
  add_binary(table, "pow", &reel::pow, true);
  add_unary(table, "negate", &reel::negate);
  add_unary(table, "exp", &reel::exp);
  add_unary(table, "log", &reel::log, true);
  add_unary(table, "sqrt", &reel::sqrt, true);
  add_unary(table, "square", &reel::square);
  add_unary(table, "abs", &reel::abs);
  add_unary(table, "tanh", &reel::tanh);
  add_unary(table, "sigmoid", &reel::sigmoid);
  add_unary(table, "relu", &reel::relu);
  add_unary(table, "leaky_relu", [](const Var& x) { return leaky_relu(x); });
  add_unary(table, "leaky_relu", [](const Var& x) { return leaky_relu(x, Real(0.3)); });
  add_unary(table, "elu", [](const Var& x) { return elu(x); });
  add_unary(table, "elu", [](const Var& x) { return elu(x, Real(0.7)); });
  table.push_back({"pow",
                   "of a negative base",
                   [](Vars v) { return pow(v[0], Real(3)); },
                   {signed_values({4})}});
  table.push_back({"maxout",
                   "",
                   [](Vars v) { return maxout(v[0] * v[0] * v[0], 3); },
                   {signed_values({2, 6})}});
  add_softmax(table);
  add_reductions(table);
  add_shapes(table);
  add_linear(table);
  add_losses(table);
  return table;
}

}  // namespace

const std::vector<OperationCase>& operation_table() {
  static const std::vector<OperationCase> table = make_table();
  return table;
}

TEST_CASE("every operation's first and second derivatives") {
  for (const OperationCase& c : operation_table()) {
    const std::string label = c.operation + " " + c.what;
    CAPTURE(label);
    const CheckReport report = check_gradients(c.f, c.inputs);
    CHECK_MESSAGE(report.ok, report.describe());
  }
}

TEST_CASE("a case in the table records the operation it is listed under") {
  for (const OperationCase& c : operation_table()) {
    const std::string label = c.operation + " " + c.what;
    CAPTURE(label);
    Tape tape;
    std::vector<Var> inputs;
    for (const Tensor& x : c.inputs) inputs.push_back(tape.variable(x));
    c.f(inputs);
    bool found = false;
    for (std::size_t i = 0; i < tape.size(); ++i) {
      const char* name = tape.node(i).operation;
      found |= name && name == c.operation;
    }
    CHECK(found);
  }
}

TEST_CASE("every operation that the library records has a row in the table") {
  std::set<std::string> listed, recorded;
  for (const OperationCase& c : operation_table()) listed.insert(c.operation);
  const std::regex call(R"re((record|append)\(\s*"(\w+)")re");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(REEL_SOURCE_DIR) / "autodiff")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator i(source.begin(), source.end(), call), end; i != end; ++i)
      recorded.insert((*i)[2]);
  }
  CHECK(recorded.size() > 30);
  for (const std::string& name : recorded) {
    CAPTURE(name);
    CHECK(listed.count(name) == 1);
  }
}

// Long enough that the vectorised loops and the scalar ones at their ends both see the value.
constexpr std::size_t long_enough = 40;

// Whether f(x) and f'(x) are these at every element of a long tensor full of x.
bool at_every_element(const std::function<Var(const Var&)>& f, Real x, Real value, Real slope) {
  Tape tape;
  const Var v = tape.variable(full({long_enough}, x));
  const Var y = f(v);
  const auto all = [](const Tensor& t, Real expected) {
    return std::all_of(t.begin(), t.end(), [expected](Real r) { return r == expected; });
  };
  return all(y.value(), value) && all(grad(sum(y), v).value(), slope);
}

TEST_CASE("values and derivatives at a kink") {
  const auto zero_max = [](const Var& v) { return maximum(v, Real(0)); };
  const auto max_zero = [](const Var& v) { return maximum(Real(0), v); };
  const auto leaky = [](const Var& v) { return leaky_relu(v, Real(0.25)); };
  CHECK(at_every_element([](const Var& v) { return relu(v); }, 0, 0, 0));
  CHECK(at_every_element([](const Var& v) { return abs(v); }, 0, 0, 0));
  CHECK(at_every_element(leaky, 0, 0, Real(0.25)));
  CHECK(at_every_element([](const Var& v) { return elu(v, Real(0.7)); }, 0, 0, Real(0.7)));
  CHECK(at_every_element(zero_max, 0, 0, Real(0.5)));
  CHECK(at_every_element(max_zero, 0, 0, Real(0.5)));
  CHECK(at_every_element([](const Var& v) { return maximum(v, v); }, 2, 2, 1));
  for (const Real side : {Real(-1e-9), Real(1e-9)}) {
    const bool right = side > 0;
    const Real up = right ? side : Real(0);
    CHECK(at_every_element([](const Var& v) { return relu(v); }, side, up, right));
    CHECK(at_every_element([](const Var& v) { return abs(v); }, side, Real(1e-9),
                           right ? Real(1) : Real(-1)));
    CHECK(at_every_element(leaky, side, right ? side : side / 4, right ? Real(1) : Real(0.25)));
    CHECK(at_every_element(zero_max, side, up, right));
    CHECK(at_every_element(max_zero, side, up, right));
  }
  Tape tape;
  const Var tied = tape.variable(matrix({{2, 2, 1}}));
  CHECK(grad(sum(maxout(tied, 3)), tied).value() == matrix({{0.5, 0.5, 0}}));
}

TEST_CASE("powers of zero") {
  const auto to = [](Real p) { return [p](const Var& v) { return pow(v, p); }; };
  const Real infinity = std::numeric_limits<Real>::infinity();
  CHECK(at_every_element(to(0), 0, 1, 0));
  CHECK(at_every_element(to(1), 0, 0, 1));
  CHECK(at_every_element(to(2), 0, 0, 0));
  CHECK(at_every_element(to(-1), 0, infinity, -infinity));
  CHECK(at_every_element(to(3), -2, -8, 12));
}

TEST_CASE("values and derivatives at extremes are finite where the mathematics is") {
  Tape tape;
  const Tensor few = vector({-1e4, -300, -1, 0, 1, 300, 1e4});
  Tensor many = uninitialized({long_enough});
  for (std::size_t i = 0; i < many.size(); ++i) many(i) = few(i % few.size());
  const Var x = tape.variable(many);
  for (const auto& c : std::vector<std::pair<const char*, Unary>>{
           {"tanh", &reel::tanh},
           {"sigmoid", &reel::sigmoid},
           {"relu", &reel::relu},
           {"elu", [](const Var& v) { return elu(v); }},
           {"leaky_relu", [](const Var& v) { return leaky_relu(v); }},
           {"softmax", [](const Var& v) { return softmax(v); }},
           {"log_softmax", [](const Var& v) { return log_softmax(v); }},
           {"logsumexp", [](const Var& v) { return logsumexp(v); }}}) {
    CAPTURE(c.first);
    const Var y = c.second(x);
    for (const Real v : y.value()) CHECK(std::isfinite(v));
    const Var g = grad(sum(y), x, {.create_graph = true});
    for (const Real v : g.value()) CHECK(std::isfinite(v));
    if (!g.requires_grad()) continue;
    const Var second = grad(sum(g * x), x);
    for (const Real v : second.value()) CHECK(std::isfinite(v));
  }
  const Var logits = tape.variable(matrix({{1e4, -1e4, 0}, {-1e4, 1e4, 300}}));
  const Labels labels{1, 1};
  const Var loss = softmax_cross_entropy(logits, labels);
  CHECK(loss.item() == 1e4);
  CHECK(grad(loss, logits).value() == matrix({{0.5, -0.5, 0}, {0, 0, 0}}));
}

TEST_CASE("NaN is kept, wherever it stands") {
  for (const std::size_t place : {std::size_t{0}, std::size_t{5}, long_enough - 1}) {
    Tensor nan = full({long_enough}, 1);
    nan(place) = NAN;
    for (const auto f :
         {+[](const Var& v) { return relu(v); }, +[](const Var& v) { return elu(v); },
          +[](const Var& v) { return leaky_relu(v); },
          +[](const Var& v) { return maximum(v, Real(0)); },
          +[](const Var& v) { return maximum(Real(0), v); },
          +[](const Var& v) { return softmax(v); }, +[](const Var& v) { return pow(v, Real(2)); }})
      CHECK(std::isnan(f(nan).value()(place)));
    CHECK(std::isnan(maxout(reshape(nan, {1, long_enough}), long_enough).item()));
  }
}

}  // namespace reel::inline REEL_PRECISION
