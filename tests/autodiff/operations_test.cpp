// Every operation: values, errors and derivatives from the registry; NaN, infinity and extremes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

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
      for (const Real value : {inf, -inf})
        for (const auto& inputs : planted(c, value)) {
          CAPTURE(label_of(c));
          CAPTURE(value);
          CHECK(wrong_value(c, inputs) == "");
        }
  }
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

}  // namespace
}  // namespace reel::inline REEL_PRECISION
