// Every operation: values, errors and derivatives from the registry; and special values.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../throws.h"
#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

std::string label_of(const OperationCase& c) { return c.operation + ": " + c.what; }

// ---- values

Plain reference_for(const OperationCase& c, const std::vector<Tensor>& inputs) {
  Plains xs;
  for (const Tensor& x : inputs) xs.push_back(plain(x));
  return c.reference(xs);
}

// Describes where y is wrong; empty if it is right. NaN is right where NaN is expected.
std::string difference(const Tensor& y, const Plain& expected) {
  if (plain(y).shape != expected.shape) return "shape " + to_string(y.shape());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double got = y.data()[i], want = static_cast<double>(expected.values[i]);
    if (!(std::isnan(got) && std::isnan(want)) && !near(got, want, 1e-13, 1e-15))
      return concat("element ", i, " is ", got, ", expected ", want);
  }
  return "";
}

// The difference between f(inputs) and the reference.
std::string wrong_value(const OperationCase& c, const std::vector<Tensor>& inputs) {
  try {
    Tape tape;
    return difference(c.f(variables(tape, inputs)).value(), reference_for(c, inputs));
  } catch (const Error& error) {
    return error.what();
  }
}

TEST_CASE("every operation's value is that of a plain loop") {
  for (const Operation& row : operations())
    for (const auto* calls : {&row.accepted, &row.points})
      for (const OperationCase& c : *calls) {
        CAPTURE(label_of(c));
        CHECK(wrong_value(c, c.inputs) == "");
      }
}

TEST_CASE("what an operation refuses") {
  for (const Operation& row : operations())
    for (const OperationCase& c : row.refused) {
      CAPTURE(label_of(c));
      Tape tape;
      const std::vector<Var> xs = variables(tape, c.inputs);
      const std::string message = message_of([&] { c.f(xs); });
      CAPTURE(message);
      CHECK(message.find("[" + c.operation + "] " + c.error) == 0);
    }
}

// ---- derivatives

std::string wrong_derivative(const CheckedFunction& f, const OperationCase& c) {
  try {
    const CheckReport report =
        check_gradients(f, c.inputs, {.order = c.order, .rtol = 1e-6, .atol = 1e-8});
    return report.ok ? "" : report.describe();
  } catch (const Error& error) {
    return error.what();
  }
}

TEST_CASE("every operation's first and second derivatives") {
  for (const OperationCase& c : operation_table()) {
    CAPTURE(label_of(c));
    if (c.order > 0) CHECK(wrong_derivative(c.f, c) == "");
  }
}

// f(x)·f(x), whose second derivative is nonzero even if f is linear
TEST_CASE("the derivatives of every operation used twice") {
  for (const OperationCase& c : operation_table()) {
    CAPTURE(label_of(c));
    const auto squared = [&](Vars x) { return c.f(x) * c.f(x); };
    if (c.order > 0) CHECK(wrong_derivative(squared, c) == "");
  }
}

// ---- the registry itself

TEST_CASE("every operation meets each class of shapes") {
  const auto class_of = [](const Shape& shape) {
    const std::size_t size = element_count(shape), axes = shape.size();
    return axes == 0   ? "scalar"
           : size == 0 ? "empty"
           : size == 1 ? "one element"
           : axes == 1 ? "vector"
           : axes == 2 ? "matrix"
                       : "more axes";
  };
  for (const Operation& row : operations()) {
    CAPTURE(row.name);
    std::set<std::string> classes, shapes;
    for (const auto* cases : {&row.accepted, &row.refused})
      for (const OperationCase& c : *cases)
        if (!c.inputs.empty()) classes.insert(class_of(c.inputs[0].shape()));
    for (const char* name : {"scalar", "empty", "one element", "vector", "matrix"}) {
      CAPTURE(name);
      CHECK(classes.count(name) == 1);
    }
    for (const OperationCase& c : row.accepted) shapes.insert(c.what);
    if (row.kind == Kind::unary || row.kind == Kind::binary) CHECK(shapes.size() >= 8);
  }
}

const std::filesystem::path autodiff_folder = std::filesystem::path(REEL_SOURCE_DIR) / "autodiff";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Adds the first group of each match.
void add_matches(const std::string& text, const std::string& pattern,
                 std::set<std::string>& found) {
  const std::regex regex(pattern);
  for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i)
    found.insert((*i)[1]);
}

// The names under which the library's sources record operations.
std::set<std::string> recorded_names() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(autodiff_folder))
    if (entry.path().extension() == ".cpp")
      add_matches(text_of(entry.path()), R"re((?:record|append)\(\s*"(\w+)")re", names);
  return names;
}

// The operations that the headers declare. (A definition with a body is not counted.)
std::set<std::string> declared_names() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(autodiff_folder / "ops"))
    if (entry.path().extension() == ".h")
      add_matches(text_of(entry.path()), R"re(\nVar (\w+)\((?![^;]*\{\n))re", names);
  return names;
}

TEST_CASE("every operation that is declared or recorded has one row, and nothing else has") {
  std::map<std::string, int> rows;
  for (const Operation& row : operations()) ++rows[row.name];
  const auto declared = declared_names(), recorded = recorded_names();
  CHECK(declared.size() > 90);
  CHECK(recorded.size() > 60);
  for (const auto* names : {&declared, &recorded})
    for (const std::string& name : *names) {
      CAPTURE(name);
      CHECK(rows[name] == 1);
    }
  for (const Operation& row : operations()) {
    CAPTURE(row.name);
    CHECK(declared.count(row.name) + recorded.count(row.name) > 0);
  }
}

TEST_CASE("a row's calls record the operation itself, or others that have rows") {
  const auto recorded = recorded_names();
  std::set<std::string> rows;
  for (const Operation& row : operations()) rows.insert(row.name);
  for (const Operation& row : operations()) {
    CAPTURE(row.name);
    std::set<std::string> seen;
    for (const OperationCase& c : row.accepted) {
      Tape tape;
      const Var y = c.f(variables(tape, c.inputs));
      for (std::size_t i = 0; i < tape.size(); ++i)
        if (tape.node(i).operation) seen.insert(tape.node(i).operation);
    }
    CHECK(!seen.empty());
    CHECK(seen.count(row.name) == recorded.count(row.name));
    for (const std::string& name : seen) CHECK(rows.count(name) == 1);
  }
}

// ---- special values

// The inputs of a call, with one element of one input replaced: at the beginning, which the
// vectorised loops process, and at the end.
std::vector<std::vector<Tensor>> planted(const OperationCase& c, Real value) {
  std::vector<std::vector<Tensor>> all;
  for (std::size_t i = 0; i < c.inputs.size(); ++i)
    for (const std::size_t place : std::set<std::size_t>{0, 5, c.inputs[i].size() - 1})
      if (place < c.inputs[i].size()) {
        all.push_back(c.inputs);
        all.back()[i].data()[place] = value;
      }
  return all;
}

TEST_CASE("NaN is kept, wherever it stands") {
  for (const Operation& row : operations()) {
    if (row.kind == Kind::matrix) continue;  // see linear_algebra_test.cpp
    for (const OperationCase& c : row.accepted)
      for (const auto& inputs : planted(c, std::numeric_limits<Real>::quiet_NaN())) {
        CAPTURE(label_of(c));
        CHECK(wrong_value(c, inputs) == "");
      }
  }
}

TEST_CASE("infinities in elementwise operations and reductions") {
  for (const Operation& row : operations()) {
    if (row.kind > Kind::reduction) continue;
    for (const OperationCase& c : row.accepted)
      for (const Real value : {infinity, -infinity})
        for (const auto& inputs : planted(c, value)) {
          CAPTURE(label_of(c));
          CAPTURE(value);
          CHECK(wrong_value(c, inputs) == "");
        }
  }
}

bool all_finite(const Tensor& x) {
  return std::all_of(x.begin(), x.end(), [](Real v) { return std::isfinite(v); });
}

bool is_finite(const Plain& x) {
  return std::all_of(x.values.begin(), x.values.end(),
                     [](Exact v) { return std::isfinite(static_cast<double>(v)); });
}

// Whether the gradient, and the gradient of a projection of it, are finite.
bool finite_derivatives(const OperationCase& c, const std::vector<Tensor>& inputs) {
  Tape tape;
  const std::vector<Var> xs = variables(tape, inputs);
  const Var y = c.f(xs);
  const auto gradients = grad(y, xs, {.create_graph = true, .seed = full(y.shape(), 1)});
  Var projection = Real(0);
  for (const Var& g : gradients) projection = projection + sum(g);
  bool finite = true;
  for (const Var& g : gradients) finite &= all_finite(g.value());
  for (const Var& h : grad(projection, xs)) finite &= all_finite(h.value());
  return finite;
}

// Whether f's value is finite at these inputs and near them: xˣ is finite at x = −30, but not
// defined on either side.
bool finite_around(const OperationCase& c, std::vector<Tensor> inputs) {
  const bool here = is_finite(reference_for(c, inputs));
  for (Tensor& x : inputs) x *= Real(1 + 1e-9);
  return here && is_finite(reference_for(c, inputs));
}

// The first input filled with extreme values: one value for an elementwise operation, all in turn
// for others.
Tensor extremes(const Operation& row, const Shape& shape, std::size_t start) {
  static const std::vector<Real> few{-1e4, 300, -300, 1e4, -30, 30};
  const bool elementwise = row.kind == Kind::unary || row.kind == Kind::binary;
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i)
    t.data()[i] = few[(start + (elementwise ? 0 : i)) % few.size()];
  return t;
}

TEST_CASE("values and derivatives at extremes are finite where the mathematics is") {
  const std::set<std::string> bounded{"asin", "acos", "atanh"};
  for (const Operation& row : operations()) {
    if (row.kind == Kind::matrix || row.kind == Kind::engine) continue;
    bool tested = false;
    for (const OperationCase& c : row.accepted)
      for (std::size_t start = 0; start < 6; ++start) {
        std::vector<Tensor> inputs = c.inputs;
        inputs[0] = extremes(row, inputs[0].shape(), start);
        if (inputs[0].size() == 0 || !finite_around(c, inputs)) continue;
        CAPTURE(label_of(c));
        CAPTURE(start);
        CHECK(wrong_value(c, inputs) == "");
        CHECK(finite_derivatives(c, inputs));
        tested = true;
      }
    CAPTURE(row.name);
    CHECK(tested == (bounded.count(row.name) == 0));
  }
}

TEST_CASE("cross-entropy of logits of ±1e4") {
  Tape tape;
  const Var logits = tape.variable(matrix({{1e4, -1e4, 0}, {-1e4, 1e4, 300}}));
  const Labels labels{1, 1};
  const Var loss = softmax_cross_entropy(logits, labels);
  CHECK(loss.item() == 1e4);
  CHECK(grad(loss, logits).value() == matrix({{0.5, -0.5, 0}, {0, 0, 0}}));
}

// ---- kinks

using Function = std::function<Var(const Var&)>;

// Long enough that both the vectorised loops and the scalar loops at their ends see the value.
constexpr std::size_t long_enough = 40;

// f(x) and f'(x) for many elements that all equal x.
std::pair<Tensor, Tensor> value_and_slope(const Function& f, Real x) {
  Tape tape;
  const Var v = tape.variable(full({long_enough}, x));
  const Var y = f(v);
  return {y.value(), grad(sum(y), v).value()};
}

// Whether value and slope are the given ones at every element.
bool at_every_element(const Function& f, Real x, Real value, Real slope) {
  const auto [y, dy] = value_and_slope(f, x);
  const auto all = [](const Tensor& t, Real expected) {
    return std::all_of(t.begin(), t.end(), [expected](Real r) { return r == expected; });
  };
  return all(y, value) && all(dy, slope);
}

struct Kink {
  const char* name;
  Function f;
  Real x, value;
  Real left, here, right;  // the slopes on the left, at the point, on the right
};

std::vector<Kink> kinks() {
  const Tensor ones = full({long_enough}, 1), none = zeros({long_enough});
  const auto clipped = [](const Var& v) { return clip(v, -1, 2); };
  return {
      {"relu", relu, 0, 0, 0, 0, 1},
      {"abs", abs, 0, 0, -1, 0, 1},
      {"leaky_relu", [](const Var& v) { return leaky_relu(v, Real(0.25)); }, 0, 0, 0.25, 0.25, 1},
      {"elu", [](const Var& v) { return elu(v, Real(0.7)); }, 0, 0, 0.7, 0.7, 1},
      {"maximum", [](const Var& v) { return maximum(v, Real(0)); }, 0, 0, 0, 0.5, 1},
      {"maximum", [](const Var& v) { return maximum(Real(0), v); }, 0, 0, 0, 0.5, 1},
      {"maximum with itself", [](const Var& v) { return maximum(v, v); }, 2, 2, 1, 1, 1},
      {"minimum", [](const Var& v) { return minimum(v, Real(0)); }, 0, 0, 1, 0.5, 0},
      {"minimum", [](const Var& v) { return minimum(Real(0), v); }, 0, 0, 1, 0.5, 0},
      {"minimum with itself", [](const Var& v) { return minimum(v, v); }, 2, 2, 1, 1, 1},
      {"clip, low", clipped, -1, -1, 0, 1, 1},
      {"clip, high", clipped, 2, 2, 1, 1, 0},
      {"hard_tanh, low", hard_tanh, -1, -1, 0, 1, 1},
      {"hard_tanh, high", hard_tanh, 1, 1, 1, 1, 0},
      {"hard_sigmoid, low", hard_sigmoid, -3, 0, 0, Real(1) / 6, Real(1) / 6},
      {"hard_sigmoid, high", hard_sigmoid, 3, 1, Real(1) / 6, Real(1) / 6, 0},
      {"hard_swish, low", hard_swish, -3, 0, 0, -0.5, -0.5},
      {"hard_swish, high", hard_swish, 3, 3, 1.5, 1.5, 1},
      {"hypot", [](const Var& v) { return hypot(v, Real(0)); }, 0, 0, -1, 0, 1},
      {"where", [=](const Var& v) { return where(ones, v, -v); }, 0, 0, 1, 1, 1},
      {"where", [=](const Var& v) { return where(none, v, -v); }, 0, 0, -1, -1, -1},
      {"norm",
       [](const Var& v) {
         return norm(reshape(v, {long_enough, 1}), 1);
       },
       0, 0, -1, 0, 1},
      {"absolute_error", [=](const Var& v) { return absolute_error(v, none, Reduction::sum); }, 0,
       0, -1, 0, 1},
      {"hinge", [=](const Var& v) { return hinge(v, ones, Reduction::sum); }, 1, 0, -1, 0, 0},
  };
}

TEST_CASE("values and derivatives at a kink and on both sides of it") {
  for (const Kink& k : kinks()) {
    CAPTURE(k.name);
    CHECK(at_every_element(k.f, k.x, k.value, k.here));
    CHECK(near(value_and_slope(k.f, k.x - Real(1e-9)).second, full({long_enough}, k.left), 1e-8));
    CHECK(near(value_and_slope(k.f, k.x + Real(1e-9)).second, full({long_enough}, k.right), 1e-8));
  }
}

TEST_CASE("steps: their values, halves to the even neighbour, and no gradient") {
  struct Step {
    Var (*f)(const Var&);
    Real x, value;
  };
  for (const Step& step : std::vector<Step>{
           {sign, 0, 0},        {sign, 1e-300, 1},    {sign, -1e-300, -1}, {floor, 2, 2},
           {floor, -0.5, -1},   {ceil, 2, 2},         {ceil, -1.5, -1},    {ceil, 0.5, 1},
           {round, 0.5, 0},     {round, 1.5, 2},      {round, 2.5, 2},     {round, -0.5, 0},
           {round, -1.5, -2},   {round, -2.5, -2},    {round, 2.4, 2},     {round, -2.6, -3},
           {trunc, 1.7, 1},     {trunc, -1.7, -1},    {trunc, 2, 2},       {round, 1e16, 1e16},
           {floor, 1e16, 1e16}, {trunc, -1e16, -1e16}}) {
    CAPTURE(step.x);
    CAPTURE(step.value);
    CHECK(at_every_element(step.f, step.x, step.value, 0));
  }
}

TEST_CASE("powers of zero") {
  const auto to = [](Real p) { return [p](const Var& v) { return pow(v, p); }; };
  CHECK(at_every_element(to(0), 0, 1, 0));
  CHECK(at_every_element(to(1), 0, 0, 1));
  CHECK(at_every_element(to(2), 0, 0, 0));
  CHECK(at_every_element(to(-1), 0, infinity, -infinity));
  CHECK(at_every_element(to(3), -2, -8, 12));
}

TEST_CASE("the largest and the smallest share the gradient evenly") {
  Tape tape;
  const Var x = tape.variable(matrix({{2, 2, 1}, {5, 5, 5}, {3, 1, 1}}));
  const Real third = Real(1) / 3;
  CHECK(grad(sum(max(x, 1)), x).value() ==
        matrix({{0.5, 0.5, 0}, {third, third, third}, {1, 0, 0}}));
  CHECK(grad(sum(min(x, 1)), x).value() ==
        matrix({{0, 0, 1}, {third, third, third}, {0, 0.5, 0.5}}));
  CHECK(grad(sum(maxout(x, 3)), x).value() == grad(sum(max(x, 1)), x).value());
  CHECK(grad(max(x), x).value() == matrix({{0, 0, 0}, {third, third, third}, {0, 0, 0}}));
}

// ---- special points of single operations

TEST_CASE("norm of zeros and the standard deviation of equal values have derivative 0") {
  Tape tape;
  const Var x = tape.variable(matrix({{0, 0, 0}, {3, 0, 4}}));
  CHECK(norm(x, 1).value() == vector({0, 5}));
  CHECK(grad(sum(norm(x, 1)), x).value() == matrix({{0, 0, 0}, {0.6, 0, 0.8}}));
  const Var equal = tape.variable(vector({7, 7, 7, 7}));
  CHECK(standard_deviation(equal).item() == 0);
  CHECK(grad(standard_deviation(equal), equal).value() == zeros({4}));
  const Var g = grad(sum(norm(x, 1)) + standard_deviation(equal), x, {.create_graph = true});
  CHECK(all_finite(grad(sum(g), x).value()));
}

TEST_CASE("norm neither overflows nor underflows") {
  Tape tape;
  for (const Real scale : {Real(1e200), Real(1e-200)}) {
    const Var x = tape.variable(vector({3 * scale, -4 * scale}));
    CHECK(near(norm(x).item(), 5 * scale, 1e-15));
    CHECK(near(grad(norm(x), x).value(), vector({0.6, -0.8}), 1e-15));
    const Var y = tape.variable(scalar(3 * scale));
    CHECK(near(hypot(y, 4 * scale).item(), 5 * scale, 1e-15));
    CHECK(near(grad(hypot(y, 4 * scale), y).item(), 0.6, 1e-15));
  }
}

TEST_CASE("atan2 on the axes") {
  const Real pi = std::numbers::pi_v<Real>;
  struct Point {
    Real y, x, angle, by_y, by_x;
  };
  for (const auto& [y, x, angle, by_y, by_x] : std::vector<Point>{{0, 2, 0, 0.5, 0},
                                                                  {2, 0, pi / 2, 0, -0.5},
                                                                  {0, -2, pi, -0.5, 0},
                                                                  {-2, 0, -pi / 2, 0, 0.5},
                                                                  {-0.0, -2, -pi, -0.5, 0}}) {
    Tape tape;
    const Var v = tape.variable(scalar(y)), u = tape.variable(scalar(x));
    const Var a = atan2(v, u);
    CHECK(near(a.item(), angle, 1e-15));
    CHECK(grad(a, v).item() == by_y);
    CHECK(grad(a, u).item() == by_x);
  }
}

// Row i: the gradient of ∂f/∂xᵢ.
Tensor hessian_of(const Function& f, const Tensor& at) {
  Tape tape;
  const Var x = tape.variable(at);
  const Var g = grad(f(x), x, {.create_graph = true});
  Tensor h = uninitialized({at.size(), at.size()});
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Tensor row = grad(sum(slice(g, 0, i, i + 1)), x).value();
    std::copy(row.begin(), row.end(), &h(i, 0));
  }
  return h;
}

TEST_CASE("derivatives of a product with zeros are exact") {
  const auto multiplied = [](const Var& v) { return product(v); };
  const auto gradient = [](const Tensor& at) {
    Tape tape;
    const Var x = tape.variable(at);
    return grad(product(x), x).value();
  };
  CHECK(gradient(vector({2, 0, 3})) == vector({0, 6, 0}));
  CHECK(hessian_of(multiplied, vector({2, 0, 3})) == matrix({{0, 3, 0}, {3, 0, 2}, {0, 2, 0}}));
  CHECK(gradient(vector({0, 5, 0})) == vector({0, 0, 0}));
  CHECK(hessian_of(multiplied, vector({0, 5, 0})) == matrix({{0, 0, 5}, {0, 0, 0}, {5, 0, 0}}));
  CHECK(gradient(vector({0, 0, 0})) == vector({0, 0, 0}));
  CHECK(hessian_of(multiplied, vector({0, 0, 0})) == zeros({3, 3}));
  CHECK(hessian_of(multiplied, vector({0, 7, 0, 2})) ==
        matrix({{0, 0, 14, 0}, {0, 0, 0, 0}, {14, 0, 0, 0}, {0, 0, 0, 0}}));
}

TEST_CASE("kl_divergence of a target with zeros") {
  Tape tape;
  const Var log_p = tape.variable(matrix({{-0.5, -3}, {-1, -0.25}}));
  const Tensor target = matrix({{1, 0}, {0, 1}});
  const Var loss = kl_divergence(log_p, target);
  CHECK(loss.item() == (0.5 + 0.25) / 2);
  CHECK(grad(loss, log_p).value() == matrix({{-0.5, 0}, {0, -0.5}}));
}

TEST_CASE("a number beside a variable, on either side") {
  Tape tape;
  const Var x = tape.variable(vector({0.5, 2})), two = tape.variable(scalar(2));
  const Tensor chosen = vector({1, 0});
  const std::vector<std::pair<Var, Var>> pairs{{x + 2, add(x, two)},
                                               {2 + x, add(two, x)},
                                               {x - 2, subtract(x, two)},
                                               {2 - x, subtract(two, x)},
                                               {x * 2, multiply(x, two)},
                                               {2 * x, multiply(two, x)},
                                               {x / 2, divide(x, two)},
                                               {2 / x, divide(two, x)},
                                               {maximum(x, 2), maximum(x, two)},
                                               {maximum(2, x), maximum(two, x)},
                                               {minimum(x, 2), minimum(x, two)},
                                               {minimum(2, x), minimum(two, x)},
                                               {pow(x, 2), pow(x, two)},
                                               {pow(2, x), pow(two, x)},
                                               {hypot(x, 2), hypot(x, two)},
                                               {hypot(2, x), hypot(two, x)},
                                               {atan2(x, 2), atan2(x, two)},
                                               {atan2(2, x), atan2(two, x)},
                                               {where(chosen, x, 2), where(chosen, x, two)},
                                               {where(chosen, 2, x), where(chosen, two, x)},
                                               {-x, negate(x)}};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    CAPTURE(i);
    CHECK(pairs[i].first.value() == pairs[i].second.value());
    CHECK(grad(sum(pairs[i].first), x).value() == grad(sum(pairs[i].second), x).value());
  }
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
