// A model as a function of one vector of parameters.
#include <reel/nn/functional.h>

#include <doctest/doctest.h>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/minimize/problem.h>

#include "../near.h"
#include "../random.h"
#include "../throws.h"
#include "models.h"

using namespace reel;

namespace {

const Tensor six_inputs = random({6, 3}, 1), six_targets = random({6, 2}, 2);

nn::Sequential net() {
  return initialised(
      nn::Sequential(nn::Linear(3, 4), nn::tanh, nn::BatchNorm(4), nn::Linear(4, 2)));
}

}  // namespace

TEST_CASE("functional: the value and the gradient of the model itself") {
  const nn::Sequential model = net();
  const Tensor theta = optim::values_of(model.parameters());
  CHECK(nn::functional_call(model, theta, six_inputs).value() == model(six_inputs).value());
  const auto loss = [&](const Var& at) {
    return nn::functional_call(model, at,
                               [&] { return nn::squared_error(model(six_inputs), six_targets); });
  };
  Tape tape;
  const auto direct = grad(nn::squared_error(model(six_inputs), six_targets), model.parameters());
  const Tensor g = grad(loss)(theta).value();
  const Real* at = g.data();
  for (const Var& part : direct)
    for (const Real value : part.value()) CHECK(near(*at++, value, 1e-12, 1e-15));
  CHECK(at == g.data() + g.size());
  CHECK(optim::values_of(model.parameters()) == theta);  // the model has kept its values
}

TEST_CASE("functional: other values than the model's") {
  const nn::Sequential model = net();
  nn::Sequential other = nn::clone(model);
  Tensor theta = optim::values_of(model.parameters());
  theta += Real(0.25);
  optim::set_values(other.parameters(), theta);
  CHECK(nn::functional_call(model, theta, six_inputs).value() == other(six_inputs).value());
}

TEST_CASE("functional: the Hessian, and a step of meta-learning, beside finite differences") {
  const nn::Sequential model =
      initialised(nn::Sequential(nn::Linear(3, 2), nn::tanh, nn::Linear(2, 2)));
  const Tensor theta = optim::values_of(model.parameters());
  const auto loss = [&](const Var& at) {
    return nn::functional_call(model, at,
                               [&] { return nn::squared_error(model(six_inputs), six_targets); });
  };
  const auto adapted = [&](const Var& at) { return loss(at - 0.1 * grad(loss)(at)); };
  const Tensor h = hessian(loss)(theta).value(), g = grad(adapted)(theta).value();
  const Real step = 1e-5;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    Tensor up = theta, down = theta;
    up(i) += step, down(i) -= step;
    const Tensor row = (grad(loss)(up).value() - grad(loss)(down).value()) / (2 * step);
    for (std::size_t j = 0; j < theta.size(); ++j) CHECK(near(h(i, j), row(j), 1e-6, 1e-8));
    CHECK(near(g(i), (adapted(up).item() - adapted(down).item()) / (2 * step), 1e-6, 1e-8));
  }
}

TEST_CASE("functional: nested substitutions, and the end of one") {
  const nn::Linear model = initialised(nn::Linear(3, 2));
  const Tensor theta = optim::values_of(model.parameters());
  const Tensor zero = zeros(theta.shape());
  const Tensor plain = model(six_inputs).value();
  {
    const nn::WithParameters outer(model, Var(zero));
    CHECK(model(six_inputs).value() == zeros({6, 2}));
    {
      const nn::WithParameters inner(model, Var(theta));
      CHECK(model(six_inputs).value() == plain);
    }
    {
      const nn::Linear other = initialised(nn::Linear(3, 2));
      const nn::WithParameters inner(other, Var(optim::values_of(other.parameters())));
      CHECK(model(six_inputs).value() == zeros({6, 2}));
      CHECK(other(six_inputs).value() != zeros({6, 2}));
    }
    CHECK(model(six_inputs).value() == zeros({6, 2}));
  }
  CHECK(model(six_inputs).value() == plain);
}

TEST_CASE("functional: a theta of another size") {
  const nn::Linear model = initialised(nn::Linear(3, 2));
  CHECK_ERROR("[functional_call] theta has shape (7), the model has 8 parameters.",
              nn::functional_call(model, Var(zeros({7})), six_inputs));
}
