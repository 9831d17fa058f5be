// Values and derivatives of every operation against PyTorch's, from tests/golden/ops.json.
#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace {

using nlohmann::json;
using Inputs = std::span<const Var>;
using Operation = std::function<Var(Inputs, const json& options)>;

// ---- options

Real number(const json& options, const char* name) { return options.at(name).get<Real>(); }
bool flag(const json& options, const char* name) { return options.value(name, false); }
int axis(const json& options, int otherwise) { return options.value("axis", otherwise); }
std::size_t count(const json& options, const char* name) {
  return options.at(name).get<std::size_t>();
}
std::size_t step(const json& options) { return options.value("step", std::size_t(1)); }

Shape shape_from(const json& sizes) {
  Shape shape;
  for (const json& size : sizes) shape.push_back(size.get<std::size_t>());
  return shape;
}

Tensor tensor_from(const json& described) {
  return from_values(shape_from(described["shape"]), described["values"].get<std::vector<Real>>());
}

std::vector<std::size_t> indices(const json& options) {
  return options.at("indices").get<std::vector<std::size_t>>();
}

Axes axes(const json& options) {
  const auto axes = options.value("axes", std::vector<int>{});
  REQUIRE(axes.size() <= 2);
  return axes.empty() ? Axes{} : axes.size() == 1 ? Axes{axes[0]} : Axes{axes[0], axes[1]};
}

Reduction reduction(const json& options) {
  const std::string name = options.value("reduction", "mean");
  REQUIRE((name == "mean" || name == "sum"));
  return name == "mean" ? Reduction::mean : Reduction::sum;
}

Labels labels(const json& options) { return options.at("labels").get<Labels>(); }

CrossEntropyOptions cross_entropy_options(const json& options) {
  CrossEntropyOptions result;
  result.reduction = reduction(options);
  result.label_smoothing = options.value("label_smoothing", Real(0));
  if (options.contains("class_weights")) {
    const auto weights = options["class_weights"].get<std::vector<Real>>();
    result.class_weights = from_values({weights.size()}, weights);
  }
  if (options.contains("ignored")) result.ignored = options["ignored"].get<Label>();
  return result;
}

// ---- calls

Operation unary(Var (*f)(const Var&)) {
  return [f](Inputs x, const json&) { return f(x[0]); };
}

Operation binary(Var (*f)(const Var&, const Var&)) {
  return [f](Inputs x, const json&) { return f(x[0], x[1]); };
}

// With a parameter that has a default.
Operation with_number(const char* name, Var (*f)(const Var&, Real), Var (*by_default)(const Var&)) {
  return [=](Inputs x, const json& options) {
    return options.contains(name) ? f(x[0], number(options, name)) : by_default(x[0]);
  };
}

Operation along_axis(Var (*f)(const Var&, int)) {
  return [f](Inputs x, const json& options) { return f(x[0], axis(options, -1)); };
}

Operation reducing(Var (*f)(const Var&, const Axes&, bool)) {
  return [f](Inputs x, const json& options) {
    return f(x[0], axes(options), flag(options, "keep_dims"));
  };
}

Operation spread(Var (*f)(const Var&, const Axes&, bool, Real),
                 Var (*by_default)(const Var&, const Axes&, bool)) {
  return [=](Inputs x, const json& options) {
    const bool keep_dims = flag(options, "keep_dims");
    return options.contains("correction")
               ? f(x[0], axes(options), keep_dims, number(options, "correction"))
               : by_default(x[0], axes(options), keep_dims);
  };
}

Operation to_shape(Var (*f)(const Var&, const Shape&)) {
  return [f](Inputs x, const json& options) { return f(x[0], shape_from(options.at("shape"))); };
}

Operation joining(Var (*f)(std::span<const Var>, int)) {
  return [f](Inputs x, const json& options) { return f(x, axis(options, 0)); };
}

Operation loss(Var (*f)(const Var&, const Var&, Reduction)) {
  return [f](Inputs x, const json& options) { return f(x[0], x[1], reduction(options)); };
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> table{
      // arithmetic
      {"add", binary(&reel::add)},
      {"subtract", binary(&reel::subtract)},
      {"multiply", binary(&reel::multiply)},
      {"divide", binary(&reel::divide)},
      {"pow",
       [](Inputs x, const json& options) {
         return reel::pow(x[0], x.size() == 2 ? x[1] : Var(number(options, "exponent")));
       }},
      {"hypot", binary(&reel::hypot)},
      {"atan2", binary(&reel::atan2)},
      {"negate", unary(&reel::negate)},
      // selection
      {"maximum", binary(&reel::maximum)},
      {"minimum", binary(&reel::minimum)},
      {"clip",
       [](Inputs x, const json& options) {
         return reel::clip(x[0], number(options, "low"), number(options, "high"));
       }},
      {"where",
       [](Inputs x, const json& options) {
         return reel::where(tensor_from(options.at("condition")), x[0], x[1]);
       }},
      // elementary functions
      {"exp", unary(&reel::exp)},
      {"exp2", unary(&reel::exp2)},
      {"expm1", unary(&reel::expm1)},
      {"log", unary(&reel::log)},
      {"log2", unary(&reel::log2)},
      {"log10", unary(&reel::log10)},
      {"log1p", unary(&reel::log1p)},
      {"sqrt", unary(&reel::sqrt)},
      {"cbrt", unary(&reel::cbrt)},
      {"square", unary(&reel::square)},
      {"reciprocal", unary(&reel::reciprocal)},
      {"abs", unary(&reel::abs)},
      {"erf", unary(&reel::erf)},
      {"erfc", unary(&reel::erfc)},
      {"sign", unary(&reel::sign)},
      {"floor", unary(&reel::floor)},
      {"ceil", unary(&reel::ceil)},
      {"round", unary(&reel::round)},
      {"trunc", unary(&reel::trunc)},
      // the gamma function
      {"lgamma", unary(&reel::lgamma)},
      {"tgamma", unary(&reel::tgamma)},
      {"digamma", unary(&reel::digamma)},
      {"polygamma",
       [](Inputs x, const json& options) {
         return reel::polygamma(options.at("n").get<int>(), x[0]);
       }},
      // trigonometric and hyperbolic functions
      {"sin", unary(&reel::sin)},
      {"cos", unary(&reel::cos)},
      {"tan", unary(&reel::tan)},
      {"asin", unary(&reel::asin)},
      {"acos", unary(&reel::acos)},
      {"atan", unary(&reel::atan)},
      {"sinh", unary(&reel::sinh)},
      {"cosh", unary(&reel::cosh)},
      {"tanh", unary(&reel::tanh)},
      {"asinh", unary(&reel::asinh)},
      {"acosh", unary(&reel::acosh)},
      {"atanh", unary(&reel::atanh)},
      // activations
      {"sigmoid", unary(&reel::sigmoid)},
      {"log_sigmoid", unary(&reel::log_sigmoid)},
      {"softplus", unary(&reel::softplus)},
      {"relu", unary(&reel::relu)},
      {"leaky_relu",
       with_number("slope", &reel::leaky_relu, [](const Var& x) { return reel::leaky_relu(x); })},
      {"elu", with_number("alpha", &reel::elu, [](const Var& x) { return reel::elu(x); })},
      {"selu", unary(&reel::selu)},
      {"gelu", unary(&reel::gelu)},
      {"gelu_tanh", unary(&reel::gelu_tanh)},
      {"silu", unary(&reel::silu)},
      {"mish", unary(&reel::mish)},
      {"softsign", unary(&reel::softsign)},
      {"hard_tanh", unary(&reel::hard_tanh)},
      {"hard_sigmoid", unary(&reel::hard_sigmoid)},
      {"hard_swish", unary(&reel::hard_swish)},
      {"maxout",
       [](Inputs x, const json& options) { return reel::maxout(x[0], count(options, "pieces")); }},
      {"softmax", along_axis(&reel::softmax)},
      {"log_softmax", along_axis(&reel::log_softmax)},
      // reductions
      {"sum", reducing(&reel::sum)},
      {"mean", reducing(&reel::mean)},
      {"product", reducing(&reel::product)},
      {"max", reducing(&reel::max)},
      {"min", reducing(&reel::min)},
      {"variance",
       spread(&reel::variance,
              [](const Var& x, const Axes& a, bool kept) { return reel::variance(x, a, kept); })},
      {"standard_deviation", spread(&reel::standard_deviation,
                                    [](const Var& x, const Axes& a, bool kept) {
                                      return reel::standard_deviation(x, a, kept);
                                    })},
      {"norm", reducing(&reel::norm)},
      {"logsumexp", reducing(&reel::logsumexp)},
      {"cumulative_sum",
       [](Inputs x, const json& options) {
         return reel::cumulative_sum(x[0], axis(options, -1), flag(options, "reverse"));
       }},
      // shapes
      {"reshape", to_shape(&reel::reshape)},
      {"transpose",
       [](Inputs x, const json& options) {
         return options.empty() ? reel::transpose(x[0])
                                : reel::transpose(x[0], shape_from(options.at("order")));
       }},
      {"broadcast_to", to_shape(&reel::broadcast_to)},
      {"sum_to", to_shape(&reel::sum_to)},
      {"flatten", unary(&reel::flatten)},
      {"squeeze",
       [](Inputs x, const json& options) { return reel::squeeze(x[0], axes(options)); }},
      {"expand_dims",
       [](Inputs x, const json& options) { return reel::expand_dims(x[0], axis(options, 0)); }},
      // parts
      {"concatenate", joining(&reel::concatenate)},
      {"stack", joining(&reel::stack)},
      {"slice",
       [](Inputs x, const json& options) {
         return reel::slice(x[0], axis(options, 0), count(options, "begin"), count(options, "end"),
                            step(options));
       }},
      {"embed",
       [](Inputs x, const json& options) {
         return reel::embed(x[0], axis(options, 0), count(options, "size"),
                            count(options, "begin"), step(options));
       }},
      {"take",
       [](Inputs x, const json& options) {
         return reel::take(x[0], indices(options), axis(options, 0));
       }},
      {"scatter_add",
       [](Inputs x, const json& options) {
         return reel::scatter_add(x[0], indices(options), count(options, "size"),
                                  axis(options, 0));
       }},
      {"repeat",
       [](Inputs x, const json& options) {
         return reel::repeat(x[0], count(options, "count"), axis(options, 0));
       }},
      // matrix products
      {"matmul",
       [](Inputs x, const json& options) {
         if (options.empty()) return reel::matmul(x[0], x[1]);
         return reel::matmul(x[0], flag(options, "transpose_a"), x[1],
                             flag(options, "transpose_b"));
       }},
      {"dot", binary(&reel::dot)},
      {"outer", binary(&reel::outer)},
      {"affine", [](Inputs x, const json&) { return reel::affine(x[0], x[1], x[2]); }},
      {"affine_relu", [](Inputs x, const json&) { return reel::affine_relu(x[0], x[1], x[2]); }},
      // normalisation
      {"batch_norm",
       [](Inputs x, const json& options) {
         return reel::batch_norm(x[0], x[1], x[2], options.value("eps", Real(1e-5)));
       }},
      // linear algebra
      {"diagonal", unary(&reel::diagonal)},
      {"trace", unary(&reel::trace)},
      {"inverse", unary(&reel::inverse)},
      {"solve", binary(&reel::solve)},
      {"determinant", unary(&reel::determinant)},
      {"log_determinant", unary(&reel::log_determinant)},
      {"cholesky", unary(&reel::cholesky)},
      // losses
      {"softmax_cross_entropy",
       [](Inputs x, const json& options) {
         const Labels y = labels(options);
         const CrossEntropyOptions o = cross_entropy_options(options);
         const bool smooth = o.label_smoothing > 0, weighted = options.contains("class_weights");
         const bool plain = !smooth && !weighted && !o.ignored;
         return plain ? reel::softmax_cross_entropy(x[0], y, o.reduction)
                      : reel::softmax_cross_entropy(x[0], y, o);
       }},
      {"negative_log_likelihood",
       [](Inputs x, const json& options) {
         return reel::negative_log_likelihood(x[0], labels(options),
                                              cross_entropy_options(options));
       }},
      {"binary_cross_entropy", loss(&reel::binary_cross_entropy)},
      {"squared_error", loss(&reel::squared_error)},
      {"absolute_error", loss(&reel::absolute_error)},
      {"huber",
       [](Inputs x, const json& options) {
         return reel::huber(x[0], x[1], options.value("delta", Real(1)), reduction(options));
       }},
      {"kl_divergence", loss(&reel::kl_divergence)},
      {"hinge", loss(&reel::hinge)}};
  return table;
}

// ---- comparison

// Where a gradient is what is left of a difference of numbers of order 1, half an eps of those
// stays.
double floor_of(const std::string& op, const std::string& name) {
  const bool cancels = op == "softmax" && name == "wide spread";  // g − Σ g·y
  return cancels ? std::numeric_limits<double>::epsilon() / 2 : 0;
}

void compare(const std::string& what, std::span<const Var> actual, const json& described,
             double atol) {
  CAPTURE(what);
  REQUIRE(actual.size() == described.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const Tensor a = actual[i].value(), e = tensor_from(described[i]);
    CAPTURE(i);
    REQUIRE(to_string(a.shape()) == to_string(e.shape()));
    for (std::size_t j = 0; j < e.size(); ++j) {
      const double got = a.data()[j], expected = e.data()[j], apart = got - expected;
      CAPTURE(j);
      CAPTURE(got);
      CAPTURE(expected);
      CAPTURE(apart);
      CHECK(near(got, expected, 1e-12, atol));
    }
  }
}

// The gradients of Σ first·directions, by the variables and by the seed that `first` came from.
std::vector<Var> second_gradients(std::span<const Var> first, const json& directions,
                                  std::vector<Var> variables, const Var& seed) {
  REQUIRE(first.size() == directions.size());
  Var total = 0;
  for (std::size_t i = 0; i < first.size(); ++i)
    total = total + reel::sum(first[i] * tensor_from(directions[i]));
  variables.push_back(seed);
  return grad(total, variables);
}

void check(const json& c) {
  const std::string op = c["op"], name = c["name"];
  CAPTURE(op);
  CAPTURE(name);
  const auto f = operations().find(op);
  REQUIRE_MESSAGE(f != operations().end(), "no operation of this name is known here");
  const double atol = floor_of(op, name);
  Tape tape;
  std::vector<Var> inputs, variables;
  for (const json& x : c["inputs"]) {
    inputs.push_back(flag(x, "constant") ? Var(tensor_from(x)) : tape.variable(tensor_from(x)));
    if (inputs.back().requires_grad()) variables.push_back(inputs.back());
  }
  const Var seed = tape.variable(tensor_from(c["weight"]));
  const Var y = f->second(inputs, c["options"]);
  compare("value", {&y, 1}, json::array({c["output"]}), atol);
  compare("gradient", grad(y, variables, {.seed = seed}), c["gradients"], atol);
  const auto recorded = grad(y, variables, {.create_graph = true, .seed = seed});
  compare("recorded gradient", recorded, c["gradients"], atol);
  if (c.contains("second"))
    compare("second gradient", second_gradients(recorded, c["directions"], variables, seed),
            c["second"], atol);
}

json golden() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/ops.json");
  REQUIRE(file);
  return json::parse(file);
}

// The functions that ops.h declares and that have a derivative.
std::set<std::string> declared_operations() {
  std::ifstream file(REEL_SOURCE_DIR "/autodiff/ops/ops.h");
  REQUIRE(file);
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("inline ")) line.erase(0, 7);
    if (line.starts_with("Var ")) names.insert(line.substr(4, line.find('(') - 4));
  }
  names.erase("as_var");         // a conversion
  names.erase("stop_gradient");  // a constant
  return names;
}

}  // namespace

TEST_CASE("operations equal PyTorch's") {
  const json cases = golden();
  std::map<std::string, int> seen;
  for (const json& c : cases) {
    check(c);
    ++seen[c["op"]];
  }
  const std::set<std::string> declared = declared_operations();
  CHECK(declared.size() > 100);
  for (const std::string& name : declared) {
    CAPTURE(name);
    CHECK(seen[name] >= 3);
  }
  CHECK(operations().size() == declared.size());
}

}  // namespace reel::inline REEL_PRECISION
