// The gradient checker on wrong derivatives: it finds them, and names the operation. The rows that
// it cannot find at these inputs, or cannot name, say why.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/ops/piecewise.h>

#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {
namespace {

enum class Expected {
  named,        ///< found, and the operation named
  found,        ///< found, but no operation is named
  not_reached,  ///< not found, since the inputs do not show the error
  in_float      ///< found in float alone, where it is
};

struct Wrong {
  std::string kind, name;
  CheckedFunction f;
  std::vector<Tensor> inputs;
  Expected expected = Expected::named;
  const char* why = "";  ///< the reason, unless it is named
  int order = 1;         ///< the order at which it is found
  std::string operation = "planted";
  double factor = 0;  ///< analytic/numeric of the worst entry; 0 if it is not one
};

constexpr bool in_double = CheckOptions::in_double;

// ---- wrong by a factor

struct Scaled {
  const char* name;
  std::function<Var(Vars, Real factor)> f;
  std::vector<Tensor> inputs;
};

template <class Value, class Rule>
Var planted(Vars x, Value&& value, Rule rule) {
  if (x.size() == 1) return record("planted", {x[0]}, std::forward<Value>(value), std::move(rule));
  return record("planted", {x[0], x[1]}, std::forward<Value>(value), std::move(rule));
}

// Tensors of numbers that may have to be rounded.
Tensor in_real(const std::vector<double>& values) { return vector(values); }
Tensor rows_in_real(const std::vector<std::vector<double>>& rows) { return matrix(rows); }

std::vector<Scaled> scaled_functions() {
  const Tensor x = in_real({-1.3, 0.4, 0.9}), p = in_real({0.5, 1.2, 2.5});
  const Tensor a = rows_in_real({{1, -2, 0.5}, {0.3, 0.7, -1}}),
               b = rows_in_real({{2, 1}, {-1, 0.4}, {0.6, 3}});
  return {
      {"exp",
       [](Vars v, Real c) {
         return planted(v, xt::exp(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g * y); });
       },
       {x}},
      {"log",
       [](Vars v, Real c) {
         return planted(v, xt::log(v[0].value()),
                        [c](auto& d, auto& g, auto in, auto&) { d.add(0, c * g / in[0]); });
       },
       {p}},
      {"tanh",
       [](Vars v, Real c) {
         return planted(v, xt::tanh(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           d.add(0, c * g * (Real(1) - y * y));
         });
       },
       {x}},
      {"square",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[0].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, c * g * (Real(2) * in[0]));
         });
       },
       {x}},
      {"sqrt",
       [](Vars v, Real c) {
         return planted(v, xt::sqrt(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g / (Real(2) * y)); });
       },
       {p}},
      {"negate",
       [](Vars v, Real c) {
         return planted(v, -v[0].value(), [c](auto& d, auto& g, auto, auto&) { d.add(0, -c * g); });
       },
       {x}},
      {"sum",
       [](Vars v, Real c) {
         return planted(v, reel::sum(v[0].value()), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, reel::broadcast_to(reel::reshape(c * g, {1, 1}), in[0].shape()));
         });
       },
       {a}},
      {"softmax",
       [](Vars v, Real c) {
         return planted(v, reel::softmax(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           const auto total = reel::sum(g * y, -1, true);
           d.add(0, y * (c * g - c * total));
         });
       },
       {a}},
      {"multiply, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[1].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, g * in[1]);
           d.add(1, c * g * in[0]);
         });
       },
       {x, p}},
      {"divide, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() / v[1].value(), [c](auto& d, auto& g, auto in, auto& y) {
           d.add(0, g / in[1]);
           d.add(1, -c * g * y / in[1]);
         });
       },
       {x, p}},
      {"matmul",
       [](Vars v, Real c) {
         return planted(v, reel::matmul(v[0].value(), v[1].value()),
                        [c](auto& d, auto& g, auto in, auto&) {
                          d.add(0, c * reel::matmul(g, false, in[1], true));
                          d.add_matmul(1, in[0], true, g, false);
                        });
       },
       {a, b}}};
}

void add_factors(std::vector<Wrong>& all) {
  const auto add = [&](const char* kind, Real factor) {
    for (const Scaled& s : scaled_functions())
      all.push_back({kind, concat(s.name, " · ", factor), [=](Vars v) { return s.f(v, factor); },
                     s.inputs, Expected::named, "", 1, "planted", factor});
  };
  for (const Real factor : {Real(1.001), Real(1.0005), Real(1 / 1.0005)})
    add("factors 1.001, 1.0005 and 1/1.0005", factor);
  add("flipped signs", -1);
}

void add_scales(std::vector<Wrong>& all) {
  struct Function {
    const char* name;
    Tensor (*value)(const Tensor&);
    Tensor (*derivative)(const Tensor&);
  };
  const auto add = [&](const char* kind, const Function& p, double size) {
    for (const Real factor : {Real(1.0005), Real(1.001), Real(-1)}) {
      const auto f = [=](Vars v) {
        const SharedTensor slope(p.derivative(v[0].value()));
        return planted(v, p.value(v[0].value()), [=](auto& d, auto& g, auto, auto&) {
          d.add(0, factor * g * d.constant(slope));
        });
      };
      const auto s = static_cast<Real>(size);
      all.push_back({kind,
                     concat(p.name, " at ", size, " · ", factor),
                     f,
                     {in_real({s, 2 * s})},
                     Expected::named,
                     "",
                     1,
                     "planted",
                     factor});
    }
  };
  const std::vector<Function> functions{
      {"square", [](const Tensor& x) -> Tensor { return x * x; },
       [](const Tensor& x) -> Tensor { return Real(2) * x; }},
      {"sqrt", [](const Tensor& x) -> Tensor { return xt::sqrt(x); },
       [](const Tensor& x) -> Tensor { return Real(0.5) / xt::sqrt(x); }},
      {"log", [](const Tensor& x) -> Tensor { return xt::log(x); },
       [](const Tensor& x) -> Tensor { return Real(1) / x; }}};
  for (const Function& p : functions)
    for (const double size : {1e-9, 1e-3, 1., 1e3, 1e6})
      add("square, √, log at inputs of 1e-9, 1e-3, 1, 1e3, 1e6: factors 1.0005, 1.001 and −1", p,
          size);
  const Function sine{"1e-9·sin", [](const Tensor& x) -> Tensor { return Real(1e-9) * xt::sin(x); },
                      [](const Tensor& x) -> Tensor { return Real(1e-9) * xt::cos(x); }};
  for (const double size : {1e-9, 1e-3, 1.}) add("values below atol", sine, size);
  all.push_back({"values below atol",
                 "1e-20·tanh, flipped sign",
                 [](Vars v) {
                   return planted(v, Real(1e-20) * xt::tanh(v[0].value()),
                                  [](auto& d, auto& g, auto in, auto&) {
                                    const auto& t = d.materialise(tanh(in[0]));
                                    d.add(0, Real(-1e-20) * g * (Real(1) - t * t));
                                  });
                 },
                 {in_real({0.5, 1})},
                 Expected::not_reached,
                 "a gradient below 1e-14 beside inputs of 1 is below every tolerance"});
}

// ---- wrong in one place

void add_broadcasts(std::vector<Wrong>& all) {
  const Tensor x = rows_in_real({{1, 2, 3}, {4, 5, 6}}), row = in_real({0.1, 0.2, 0.3});
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs,
                       Expected expected = Expected::named, const char* why = "") {
    all.push_back({"missing broadcast sums", name, std::move(f), std::move(inputs), expected, why});
  };
  const auto mean = [](Vars v) {
    return planted(v, v[0].value() + v[1].value(), [](auto& d, auto& g, auto, auto&) {
      d.add(0, g);
      d.add(1, Real(0.5) * reel::sum(g, 0));
    });
  };
  const auto first_row = [](Vars v) {
    return planted(v, v[0].value() + v[1].value(), [](auto& d, auto& g, auto, auto&) {
      d.add(0, g);
      d.add(1, reel::reshape(reel::slice(g, 0, 0, 1), {3}));
    });
  };
  add("the mean over the rows", mean, {x, row});
  add("the first row", first_row, {x, row});
  add("the first row of one row", first_row, {rows_in_real({{1, 2, 3}}), row},
      Expected::not_reached, "the first row of a batch of one is its sum");
  add("the last column, in a product",
      [](Vars v) {
        return planted(v, v[0].value() * v[1].value(), [](auto& d, auto& g, auto in, auto&) {
          d.add(0, g * in[1]);
          d.add(1, reel::slice(d.materialise(g * in[0]), 1, 2, 3));
        });
      },
      {x, rows_in_real({{2}, {-1}})});
  add("one element for a number",
      [](Vars v) {
        return planted(v, v[0].value() * v[1].value(), [](auto& d, auto& g, auto in, auto&) {
          d.add(0, g * in[1]);
          d.add(1, reel::reshape(reel::slice(reel::reshape(d.materialise(g * in[0]), {6}), 0, 0, 1),
                                 Shape{}));
        });
      },
      {x, scalar(1.5)});
  add("the bias of a layer",
      [](Vars v) {
        const Var product = matmul(v[0], v[1]);
        return record("planted", {product, v[2]}, product.value() + v[2].value(),
                      [](auto& d, auto& g, auto, auto&) {
                        d.add(0, g);
                        d.add(1, reel::reshape(reel::slice(g, 0, 1, 2), {2}));
                      });
      },
      {x, rows_in_real({{1, 0.5}, {-1, 2}, {0.3, 0.7}}), in_real({0.1, 0.2})});
}

// exp with a wrong slope at one element
CheckedFunction exp_wrong_at(const Shape& shape, std::size_t wrong, Real factor) {
  Tensor slope = full(shape, 1);
  slope.data()[wrong] = factor;
  return [c = SharedTensor(slope)](Vars v) {
    return planted(v, xt::exp(v[0].value()),
                   [c](auto& d, auto& g, auto, auto& y) { d.add(0, g * y * d.constant(c)); });
  };
}

void add_elements(std::vector<Wrong>& all) {
  const auto add = [&](const std::string& name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back({"one wrong element", name, std::move(f), std::move(inputs)});
  };
  for (const std::size_t wrong : {0U, 7U, 19U})
    add(concat("element ", wrong, " of 20"), exp_wrong_at({20}, wrong, Real(1.0005)),
        {ramp({20}, -1, 0.1)});
  add("one entry of a matrix product",
      [](Vars v) {
        Tensor factor = full({2, 3}, 1);
        factor(1, 2) = -1;
        return planted(v, reel::matmul(v[0].value(), v[1].value()),
                       [c = SharedTensor(factor)](auto& d, auto& g, auto in, auto&) {
                         d.add(0,
                               d.materialise(reel::matmul(g, false, in[1], true)) * d.constant(c));
                         d.add_matmul(1, in[0], true, g, false);
                       });
      },
      {ramp({2, 3}, -1, 0.4), ramp({3, 2}, 0.5, 0.3)});
  add("a take that keeps one of two",
      [](Vars v) {
        const Tensor& x = v[0].value();
        return planted(v, in_real({x(0), x(2), x(0)}), [](auto& d, auto& g, auto, auto&) {
          d.add(0,
                reel::reshape(reel::matmul(Tensor(rows_in_real({{1, 0, 0}, {0, 0, 0}, {0, 1, 0}})),
                                           false, reel::reshape(g, {3, 1}), false),
                              {3}));
        });
      },
      {in_real({1, 2, 3})});
}

void add_thresholds(std::vector<Wrong>& all) {
  const auto add = [&](const char* name, const Tensor& x, Real threshold, Real factor,
                       Expected expected = Expected::named, const char* why = "") {
    const auto f = [=](Vars v) {
      return planted(v, xt::sin(v[0].value()), [=](auto& d, auto& g, auto in, auto&) {
        d.add(0, g * cos(in[0]) * (1 + (factor - 1) * is_positive(in[0] - threshold)));
      });
    };
    all.push_back({"wrong beyond a threshold", name, f, {x}, expected, why});
  };
  add("x > 3: factor 1.001", in_real({1, 2, 4}), 3, Real(1.001));
  add("x > 3: flipped sign", in_real({-4, 3.5}), 3, -1);
  add("x > 100: factor 1.0005", in_real({50, 150}), 100, Real(1.0005));
  add("x > 3: 0", in_real({3.01}), 3, 0);
  add("x > 3, all below", in_real({1, 2, 2.99}), 3, -1, Expected::not_reached,
      "no input is beyond the threshold");
  add("x > 3, all far below", in_real({-100, 0}), 3, Real(1.001), Expected::not_reached,
      "no input is beyond the threshold");
}

// ---- wrong at some orders, in one sweep or in one precision

void add_orders(std::vector<Wrong>& all) {
  const Tensor x = in_real({-1.3, 0.4}), p = in_real({0.5, 1.2});
  const auto add = [&](const char* kind, const char* name, int order, double factor,
                       CheckedFunction f, const Tensor& at) {
    all.push_back({kind, name, std::move(f), {at}, Expected::named, "", order, "planted", factor});
  };
  const char* const second = "second order alone";
  add(
      second, "x³ with a constant factor", 2, 0.5,
      [](Vars v) {
        return planted(v, v[0].value() * v[0].value() * v[0].value(),
                       [c = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                         d.add(0, Real(3) * g * in[0] * d.constant(c));
                       });
      },
      x);
  add(
      second, "x³ with a factor that is constant to one in a thousand", 2, 0.9995,
      [](Vars v) {
        return planted(
            v, v[0].value() * v[0].value() * v[0].value(),
            [c = v[0].shared()](auto& d, auto& g, auto in, auto&) {
              d.add(0, Real(3) * g * in[0] * (Real(0.999) * in[0] + Real(0.001) * d.constant(c)));
            });
      },
      x);
  add(
      second, "a square whose slope is a constant", 2, 0,
      [](Vars v) {
        return planted(v, v[0].value() * v[0].value(),
                       [c = v[0].shared()](auto& d, auto& g, auto, auto&) {
                         d.add(0, Real(2) * g * d.constant(c));
                       });
      },
      x);
  add(
      second, "tanh whose 1 − y² is half constant", 2, 0.5,
      [](Vars v) {
        const SharedTensor value(Tensor(xt::tanh(v[0].value())));
        return planted(v, *value, [value](auto& d, auto& g, auto, auto& y) {
          d.add(0, g * (Real(1) - y * d.constant(value)));
        });
      },
      x);
  add(
      second, "√ whose y is constant", 2, 0,
      [](Vars v) {
        const SharedTensor value(Tensor(xt::sqrt(v[0].value())));
        return planted(v, *value, [value](auto& d, auto& g, auto, auto&) {
          d.add(0, g / (Real(2) * d.constant(value)));
        });
      },
      p);
  add(
      second, "inside tanh(0.1·x³), after exp", 2, 0,
      [](Vars v) {
        const Var inner = exp(v[0]);
        return tanh(Real(0.1) * record("planted", {inner},
                                       inner.value() * inner.value() * inner.value(),
                                       [c = inner.shared()](auto& d, auto& g, auto in, auto&) {
                                         d.add(0, Real(3) * g * in[0] * d.constant(c));
                                       }));
      },
      x);
  const char* const third = "third order alone";
  add(
      third, "x³ as c(2x − c)·3", 3, 0,
      [](Vars v) {
        return planted(v, v[0].value() * v[0].value() * v[0].value(),
                       [c = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                         d.add(0, Real(3) * g * d.constant(c) * (Real(2) * in[0] - d.constant(c)));
                       });
      },
      x);
  add(
      third, "the same inside sin, after tanh", 3, 0,
      [](Vars v) {
        const Var inner = tanh(v[0]);
        return sin(record("planted", {inner}, inner.value() * inner.value() * inner.value(),
                          [c = inner.shared()](auto& d, auto& g, auto in, auto&) {
                            d.add(0,
                                  Real(3) * g * d.constant(c) * (Real(2) * in[0] - d.constant(c)));
                          }));
      },
      x);
  for (const bool wrong : {false, true})
    add(
        "one sweep alone", wrong ? "recorded" : "fused", 1, 1.0005,
        [wrong](Vars v) {
          return planted(v, xt::exp(v[0].value()), [wrong](auto& d, auto& g, auto, auto& y) {
            constexpr bool recorded = std::is_same_v<std::remove_cvref_t<decltype(y)>, Var>;
            d.add(0, (recorded == wrong ? Real(1.0005) : Real(1)) * g * y);
          });
        },
        x);
}

constexpr Real wrong_in_float(Real factor) { return in_double ? 1 : factor; }

void add_float(std::vector<Wrong>& all) {
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back({"float alone", name, std::move(f), std::move(inputs), Expected::in_float,
                   "the rule is right in double"});
  };
  add("factor 1.02",
      [](Vars v) {
        return planted(v, xt::exp(v[0].value()), [](auto& d, auto& g, auto, auto& y) {
          d.add(0, wrong_in_float(Real(1.02)) * g * y);
        });
      },
      {in_real({-1, 0.5, 1})});
  add("flipped sign",
      [](Vars v) {
        return planted(v, xt::sin(v[0].value()), [](auto& d, auto& g, auto in, auto&) {
          d.add(0, wrong_in_float(-1) * g * cos(in[0]));
        });
      },
      {in_real({-1, 0.5, 1})});
  add("one element", exp_wrong_at({20}, 7, wrong_in_float(-1)), {ramp({20}, -1, 0.1)});
  add("a rule that overflows: x³/x³",
      [](Vars v) {
        return planted(v, Real(2) * v[0].value(), [](auto& d, auto& g, auto in, auto&) {
          const auto& cube = d.materialise(in[0] * in[0] * in[0]);
          d.add(0, Real(2) * g * (cube / cube));
        });
      },
      {in_real({1e13, 2e13})});
}

// ---- wrong by their structure

void add_structure(std::vector<Wrong>& all) {
  const Tensor x = in_real({-1.3, 0.4});
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs,
                       const char* operation = "planted", const char* why = "") {
    all.push_back({"g forgotten, a part lost, a value cut off the tape", name, std::move(f),
                   std::move(inputs), *operation ? Expected::named : Expected::found, why, 1,
                   operation});
  };
  add("a rule that forgets g",
      [](Vars v) {
        return planted(v, reel::sum(v[0].value() * v[0].value()),
                       [](auto& d, auto&, auto in, auto&) { d.add(0, Real(2) * in[0]); });
      },
      {x});
  add("x·x that loses one part",
      [](Vars v) {
        return record("planted", {v[0], v[0]}, v[0].value() * v[0].value(),
                      [](auto& d, auto& g, auto in, auto&) { d.add(1, g * in[0]); });
      },
      {x});
  add("no gradient at all",
      [](Vars v) { return planted(v, xt::exp(v[0].value()), [](auto&, auto&, auto, auto&) {}); },
      {x});
  add(
      "a constant in place of a Var", [](Vars v) { return v[0] * Var(v[0].value()); }, {x},
      "multiply");
  add(
      "stop_gradient in a sum", [](Vars v) { return sum(stop_gradient(v[0])) + v[1]; },
      {x, scalar(1)}, "add");
  add(
      "a value that is no Var at all", [](Vars v) { return Var(reel::sum(v[0].value())); }, {x}, "",
      "no operation is on the tape");
  add(
      "another branch beside x",
      [](Vars v) { return v[0].item() == 1 ? square(v[0]) : exp(Real(1) * v[0]); }, {scalar(1)}, "",
      "the tapes beside x have other operations");
}

std::vector<Wrong> wrong_functions() {
  std::vector<Wrong> all;
  add_factors(all);
  add_scales(all);
  add_broadcasts(all);
  add_elements(all);
  add_thresholds(all);
  add_orders(all);
  add_float(all);
  add_structure(all);
  return all;
}

void check_wrong(const Wrong& w, bool fast) {
  const CheckReport report =
      check_gradients(w.f, w.inputs, {.order = std::max(2, w.order), .fast = fast});
  CAPTURE(w.name);
  CAPTURE(fast);
  CAPTURE(report);
  const bool found = w.expected == Expected::named || w.expected == Expected::found ||
                     (w.expected == Expected::in_float && !in_double);
  CHECK(report.ok == !found);
  CHECK((std::string(w.why).empty() == (w.expected == Expected::named)));
  if (!found) return;
  CHECK(report.problem.empty());
  CHECK(report.order == w.order);
  CHECK(report.operation == (w.expected == Expected::found ? "" : w.operation));
  if (w.factor != 0 && !fast) CHECK(std::abs(report.analytic / report.numeric - w.factor) < 1e-5);
}

}  // namespace

TEST_CASE("checker: wrong derivatives are found and named, and the document lists them") {
  const std::vector<Wrong> all = wrong_functions();
  KindTable table;
  std::size_t named = 0;
  for (const Wrong& w : all) {
    const bool found = w.expected == Expected::named || w.expected == Expected::found;
    table.add(w.kind, {found, w.expected == Expected::named, !found});
    named += w.expected == Expected::named;
    if (in_double || w.expected == Expected::in_float)
      for (const bool fast : {false, true}) check_wrong(w, fast);
  }
  CHECK(all.size() >= 40);
  CHECK(named >= 38);
  const std::string expected = concat(
      "| wrong derivatives | number | found | named | not reached |\n|---|---|---|---|---|\n",
      table.markdown(), "\n");
  CAPTURE(expected);
  CHECK(text_of_document("docs/accuracy.md").find(expected) != std::string::npos);
}

TEST_CASE("checker: the same rules pass without the error") {
  for (const Scaled& s : scaled_functions())
    for (const bool fast : {false, true}) {
      CAPTURE(s.name);
      const auto f = [&](Vars v) { return s.f(v, 1); };
      const CheckReport report = check_gradients(f, s.inputs, {.fast = fast});
      CAPTURE(report);
      CHECK(report.ok);
      CHECK(report.excess <= 1);
      CHECK(report.operation.empty());
    }
}

}  // namespace reel::inline REEL_PRECISION
