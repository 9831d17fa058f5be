// The registry as a whole, and what its rows are made with: references, inputs, calls.
#include "operation_table.h"

#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include <reel/autodiff/engine/checkpoint.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

namespace reel::inline REEL_PRECISION {

const Exact& Plain::at(const Index& index) const {
  const std::size_t extra = index.size() - shape.size();
  std::size_t offset = 0;
  for (std::size_t k = 0; k < shape.size(); ++k)
    offset = offset * shape[k] + (shape[k] == 1 ? 0 : index[extra + k]);
  return values[offset];
}

Plain plain(Exact number) { return {{}, {number}}; }

Plain plain(const Tensor& tensor) {
  return {{tensor.shape().begin(), tensor.shape().end()}, {tensor.begin(), tensor.end()}};
}

Plain plain(const Index& shape, const std::function<Exact(const Index&)>& f) {
  Plain y{shape, {}};
  std::size_t count = 1;
  for (const std::size_t size : shape) count *= size;
  Index index(shape.size(), 0);
  while (y.values.size() < count) {
    y.values.push_back(f(index));
    for (std::size_t k = shape.size(); k-- > 0;) {
      if (++index[k] < shape[k]) break;
      index[k] = 0;
    }
  }
  return y;
}

namespace {

std::size_t from_front(int axis, const Index& shape) {
  return axis < 0 ? shape.size() - static_cast<std::size_t>(-axis) : static_cast<std::size_t>(axis);
}

}  // namespace

Plain mapped(const Plain& x, int axis, const std::function<Lane(const Lane&)>& f) {
  const std::size_t a = from_front(axis, x.shape), n = x.shape[a];
  Index shape = x.shape;
  shape[a] = f(Lane(n)).size();
  return plain(shape, [&](Index i) {
    const std::size_t place = i[a];
    Lane lane;
    for (i[a] = 0; i[a] < n; ++i[a]) lane.push_back(x.at(i));
    return f(lane)[place];
  });
}

Plain grouped(const Plain& x, const Index& shape, const std::function<Exact(const Lane&)>& f) {
  Exact count = 0;
  const Plain number = plain(shape, [&](const Index&) { return count++; });
  std::vector<Lane> groups(number.values.size());
  plain(x.shape, [&](const Index& i) {
    groups[static_cast<std::size_t>(number.at(i))].push_back(x.at(i));
    return 0;
  });
  Plain y{shape, {}};
  for (const Lane& group : groups) y.values.push_back(f(group));
  return y;
}

Plain folded(const Plain& x, const std::vector<int>& axes, bool keep_dims,
             const std::function<Exact(const Lane&)>& f) {
  std::vector<bool> reduced(x.shape.size(), axes.empty());
  for (const int axis : axes) reduced[from_front(axis, x.shape)] = true;
  Index kept = x.shape, rest;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    if (reduced[k]) kept[k] = 1;
    if (!reduced[k] || keep_dims) rest.push_back(kept[k]);
  }
  return {rest, grouped(x, kept, f).values};
}

Index broadcast(Index a, Index b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (std::size_t k = 0; k < b.size(); ++k) {
    std::size_t& size = a[a.size() - b.size() + k];
    if (size == 1) size = b[k];
  }
  return a;
}

Reference elementwise(Exact (*f)(Exact)) {
  return [f](const Plains& x) {
    return plain(x[0].shape, [&](const Index& i) { return f(x[0].at(i)); });
  };
}

Reference elementwise(Exact (*f)(Exact, Exact)) {
  return [f](const Plains& x) {
    return plain(broadcast(x[0].shape, x[1].shape),
                 [&](const Index& i) { return f(x[0].at(i), x[1].at(i)); });
  };
}

Domain between(double low, double high) {
  const auto cells = static_cast<std::size_t>(std::lround((high - low) / 0.1));
  std::size_t stride = cells * 5 / 8;
  while (std::gcd(stride, cells) != 1) ++stride;
  return [=](const Shape& shape, std::size_t input) {
    Tensor t = uninitialized(shape);
    for (std::size_t i = 0; i < t.size(); ++i) {
      const std::size_t turn = (i + input + 3) * stride % cells;
      const std::size_t cell = input % 2 ? cells - 1 - turn : turn;  // inputs differ in order
      t.data()[i] = static_cast<Real>(low + 0.1 * static_cast<double>(cell) +
                                      0.02 * static_cast<double>(input + 1));
    }
    return t;
  };
}

Domain signed_between(double low, double high) {
  return [positive = between(low, high)](const Shape& shape, std::size_t input) {
    Tensor t = positive(shape, input);
    for (std::size_t i = (input + 1) % 2; i < t.size(); i += 2) t.data()[i] *= -1;
    return t;
  };
}

std::string in_python(const Index& sizes) {
  std::string text = "(";
  for (const std::size_t size : sizes) text += std::to_string(size) + ",";
  return text + ")";
}

std::string in_python(const Tensor& tensor) {
  std::string text = "tensor([";
  for (const Real value : tensor) {
    char digits[32];
    text.append(digits, std::to_chars(digits, digits + 32, value).ptr) += ",";
  }
  return text + "], dtype=float64).reshape(" + in_python(plain(tensor).shape) + ")";
}

std::vector<Var> variables(Tape& tape, const std::vector<Tensor>& values) {
  std::vector<Var> xs;
  for (const Tensor& value : values) xs.push_back(tape.variable(value));
  return xs;
}

std::vector<Shapes> single(const std::vector<Shape>& shapes) {
  std::vector<Shapes> calls;
  for (const Shape& shape : shapes) calls.push_back({shape});
  return calls;
}

namespace {

// `common`, with inputs of these shapes.
OperationCase call(OperationCase common, const Domain& domain, const Shapes& shapes) {
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    common.what += (common.what.empty() ? "" : " ") + to_string(shapes[i]);
    common.inputs.push_back(domain(shapes[i], i));
  }
  return common;
}

}  // namespace

Operation& Operation::over(Domain its_domain) {
  domain = std::move(its_domain);
  return *this;
}

Operation& Operation::accepts(const std::string& what, const CheckedFunction& f,
                              const Reference& reference, const std::vector<Shapes>& shapes,
                              int order) {
  next = {name, what, f, {}, reference, {}, order, name + "(*inputs)"};
  begin = accepted.size();
  for (const Shapes& of : shapes) accepted.push_back(call(next, domain, of));
  return *this;
}

Operation& Operation::in_pytorch(const std::string& expression) {
  next.in_pytorch = expression;
  for (std::size_t i = begin; i < accepted.size(); ++i) accepted[i].in_pytorch = expression;
  return *this;
}

Operation& Operation::at(const std::string& what, const std::vector<Tensor>& inputs, int order,
                         double atol) {
  points.push_back(next);
  points.back().what = what;
  points.back().inputs = inputs;
  points.back().order = order;
  points.back().atol = atol;
  return *this;
}

Operation& Operation::refuses(const CheckedFunction& f, const std::vector<Shapes>& shapes,
                              const std::string& error) {
  for (const Shapes& of : shapes) refused.push_back(call({name, "", f, {}, {}, error}, domain, of));
  return *this;
}

namespace {

// The operations that are recorded and that no header declares.
std::vector<Operation> engine_operations() {
  const std::vector<Shapes> shapes = single({{}, {0}, {1}, {4}, {2, 3}});
  const Reference same = [](const Plains& x) { return x[0]; };
  return {Operation{"variable", Kind::engine}
              .accepts(
                  "inside grad", [](Vars x) { return detail::fresh_variable(x[0]); }, same, shapes)
              .in_pytorch("x"),
          Operation{"checkpoint", Kind::engine}
              .accepts(
                  "", [](Vars x) { return checkpoint([](Vars v) { return tanh(v[0]); }, x); },
                  elementwise(std::tanh), shapes)
              .in_pytorch("tanh(x)")};
}

}  // namespace

std::vector<Operation> joined(const std::vector<std::vector<Operation>>& tables) {
  std::vector<Operation> rows;
  for (const auto& table : tables) rows.insert(rows.end(), table.begin(), table.end());
  return rows;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> rows =
      joined({elementwise_operations(), reductions(), shape_operations(), part_operations(),
              matrix_operations(), normalisations(), losses(), engine_operations()});
  return rows;
}

const std::vector<OperationCase>& operation_table() {
  static const std::vector<OperationCase> table = [] {
    std::vector<OperationCase> calls;
    for (const Operation& row : operations())
      calls.insert(calls.end(), row.accepted.begin(), row.accepted.end());
    return calls;
  }();
  return table;
}

std::vector<OperationCase> golden_calls(const Operation& row) {
  std::vector<OperationCase> calls;
  for (const auto* list : {&row.accepted, &row.points})
    for (const OperationCase& c : *list)
      if (!c.in_pytorch.empty()) calls.push_back(c);
  return calls;
}

}  // namespace reel::inline REEL_PRECISION
