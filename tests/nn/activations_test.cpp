// Activations by their names.
#include <reel/nn/activations.h>

#include <doctest/doctest.h>

#include <reel/autodiff/ops/ops.h>

#include "../throws.h"

using namespace reel;

TEST_CASE("activations: by name") {
  const Var x = vector({-2, -0.5, 0, 0.5, 2});
  const auto check = [&](const char* name, const Var& expected) {
    CAPTURE(name);
    CHECK(nn::activation_by_name(name).name == name);
    CHECK(nn::activation_by_name(name)(x).value() == expected.value());
  };
  check("relu", relu(x));
  check("tanh", tanh(x));
  check("sigmoid", sigmoid(x));
  check("leaky_relu", leaky_relu(x, Real(0.01)));
  check("elu", elu(x, 1));
  check("selu", selu(x));
  check("gelu", gelu(x));
  check("silu", silu(x));
  check("mish", mish(x));
  check("softplus", softplus(x));
  check("softsign", softsign(x));
  check("hard_tanh", hard_tanh(x));
  check("hard_sigmoid", hard_sigmoid(x));
  check("hard_swish", hard_swish(x));
  check("identity", x);
  CHECK(nn::activations().size() == 15);
  CHECK(message_of([] { nn::activation_by_name("ReLU"); }) ==
        "[activation] there is no \"ReLU\". Hint: one of relu, tanh, sigmoid, leaky_relu, elu, "
        "selu, gelu, silu, mish, softplus, softsign, hard_tanh, hard_sigmoid, hard_swish, "
        "identity.");
}
