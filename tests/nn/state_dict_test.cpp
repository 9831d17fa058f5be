// State dictionaries: copies of all weights and buffers, what does not fit, and fingerprints.
#include <reel/nn/state_dict.h>

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/embedding.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../optim/bits.h"
#include "../throws.h"
#include "models.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

Sequential normalised_net(std::uint64_t seed) {
  return initialised(Sequential(Linear(2, 3), BatchNorm(3), tanh, Linear(3, 1)), seed);
}

TEST_CASE("state dict: a copy has every parameter and buffer, and goes into another model") {
  Sequential a = normalised_net(1), b = normalised_net(2);
  static_cast<void>(a(matrix({{1, 2}, {3, 5}})));  // changes the running statistics
  const StateDict copy = state_dict(a);
  CHECK(copy.size() == 8);
  CHECK(copy.contains("0.weight"));
  CHECK(copy.contains("1.running_mean"));
  a.parameters()[0].mutate()(0, 0) = 7;
  CHECK(copy.at("0.weight")(0, 0) != 7);
  load_state_dict(b, copy);
  for (const NamedState& part : state_of(b)) CHECK(bits(part.value()) == bits(copy.at(part.path)));
  Sequential fresh(Linear(2, 3), BatchNorm(3), tanh, Linear(3, 1));
  load_state_dict(fresh, copy);  // needs no init
  CHECK(bits(fresh.parameters()) == bits(b.parameters()));
}

TEST_CASE("state dict: one that does not fit changes nothing") {
  Sequential model = normalised_net(1);
  const std::string before = bits(model.parameters());
  const StateDict other = state_dict(normalised_net(2));
  const auto refused = [&](const StateDict& values, const char* expected) {
    CHECK_ERROR(expected, load_state_dict(model, values));
    CHECK(bits(model.parameters()) == before);
  };
  StateDict missing = other, shape = other, more = other;
  missing.erase("3.bias");
  shape["3.bias"] = zeros({2});
  more["4.weight"] = zeros({2});
  refused(missing, "[load_state_dict] the model's \"3.bias\" is missing in these weights.");
  refused(shape, "the model's \"3.bias\" has shape (1), in these weights (2).");
  refused(more, "the model has 8 parameters and buffers, these weights 9.");
  refused({}, "the model's \"0.weight\" is missing");
  CHECK_ERROR("has no values yet", state_dict(Sequential(Linear(2, 3))));
}

TEST_CASE("state dict: a fingerprint changes with each bit, path and shape") {
  // FNV-1a of the bytes that fingerprint is documented to read, computed by a script
  Sequential one(Linear(1, 1, {.bias = false}));
  one.parameters()[0].set_value(matrix({{1.5}}));
  CHECK(fingerprint_text(one) == (sizeof(Real) == 8 ? "4bead0b8dd786d80" : "6d0659e83a56c658"));
  CHECK(fingerprint(one) == std::stoull(fingerprint_text(one), nullptr, 16));

  Sequential model = normalised_net(1);
  const std::uint64_t first = fingerprint(model);
  CHECK(fingerprint(normalised_net(1)) == first);
  CHECK(fingerprint(clone(model)) == first);
  std::set<std::uint64_t> seen{first};
  for (const NamedState& part : state_of(model)) {
    CAPTURE(part.path);
    Parameter parameter = part.parameter;
    Tensor& value = part.buffer ? *part.buffer : parameter.mutate();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const Real before = value.data()[i];
      value.data()[i] = std::nextafter(before, Real(10));
      CHECK(seen.insert(fingerprint(model)).second);
      value.data()[i] = before;
    }
  }
  CHECK(fingerprint(model) == first);
  Parameter bias = model.parameters()[1];
  bias.mutate()(0) = 0;
  const std::uint64_t positive = fingerprint(model);
  bias.mutate()(0) = Real(-0.0);
  CHECK(fingerprint(model) != positive);

  const auto of_shape = [](std::size_t rows, std::size_t columns) {
    Sequential embedding(Embedding(rows, columns));
    embedding.parameters()[0].set_value(zeros({rows, columns}));
    return fingerprint(embedding);
  };
  CHECK(of_shape(2, 3) != of_shape(3, 2));
  CHECK(of_shape(2, 3) != of_shape(6, 1));
}

// Lists its parts in another order.
struct Reversed : Module {
  Linear a{2, 2}, b{2, 2};
  bool reversed = false;
  void visit(Visitor& v) override {
    if (reversed) v("b", b);
    v("a", a);
    if (!reversed) v("b", b);
  }
};

TEST_CASE("state dict: a fingerprint does not depend on the order of the visit") {
  Reversed model;
  Rng rng(1);
  init(model, rng);
  const std::uint64_t first = fingerprint(model);
  model.reversed = true;
  CHECK(fingerprint(model) == first);
  std::swap(model.a, model.b);
  CHECK(fingerprint(model) != first);
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
