// Ensembles: the mean output of the members, their files, and errors.
#include <reel/nn/ensemble.h>

#include <doctest/doctest.h>

#include <limits>
#include <utility>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/plan.h>
#include <reel/nn/weights.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../temporary_folder.h"
#include "../throws.h"
#include "models.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

std::vector<Sequential> three(const std::vector<std::size_t>& widths, const Activation& activation,
                              const MlpOptions& options = {}) {
  std::vector<Sequential> members;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    members.push_back(initialised(mlp(widths, activation, options), seed));
  return members;
}

Tensor mean_output(std::vector<Sequential>& members, const Tensor& x) {
  Tensor sum;
  for (std::size_t m = 0; m < members.size(); ++m) {
    members[m].eval();
    const Tensor y = members[m](x).value();
    sum = m == 0 ? y : Tensor(sum + y);
  }
  return sum / static_cast<Real>(members.size());
}

void expect_mean(std::vector<Sequential> members, const Shape& input) {
  Sequential joined = ensemble(members);
  joined.eval();
  const Tensor x = random_tensor(input);
  const Tensor expected = mean_output(members, x);
  CHECK(near(joined(x).value(), expected, 1e-14, 1e-15));
  Plan plan(joined, input);
  CHECK(near(plan(x), expected, 1e-14, 1e-15));
}

TEST_CASE("ensemble: its output is the mean of the members' outputs") {
  expect_mean(three({7, 5, 4, 3}, nn::relu), {6, 7});
  expect_mean(three({7, 5, 3}, nn::gelu), {2, 7});
  expect_mean(three({7, 3}, nn::tanh), {6, 7});           // without a hidden layer
  expect_mean(three({1, 1, 1, 1}, nn::sigmoid), {1, 1});  // one element
  expect_mean(three({7, 5, 3}, nn::tanh, {.dropout = 0.4}), {6, 7});
}

TEST_CASE("ensemble: batch norm keeps the statistics of each member") {
  std::vector<Sequential> members = three({7, 5, 4, 3}, nn::relu, {.batch_norm = true});
  for (std::size_t m = 0; m < members.size(); ++m)
    members[m](random_tensor({6, 7}, m + 2));  // moves the running statistics
  expect_mean(std::move(members), {6, 7});
}

TEST_CASE("ensemble: layers keep their options") {
  std::vector<Sequential> members;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    members.push_back(initialised(
        Sequential(Linear(7, 5, {.bias = false}), BatchNorm(5, {.eps = 0.5, .momentum = 0.25}),
                   nn::tanh, Linear(5, 3, {.bias = false})),
        seed));
  const Sequential joined = ensemble(members);
  CHECK(joined.get<BatchNorm>(1).options() == BatchNormOptions{.eps = 0.5, .momentum = 0.25});
  CHECK_FALSE(joined.get<Linear>(0).bias);
  expect_mean(std::move(members), {6, 7});
}

TEST_CASE("ensemble: the units of the members stand side by side") {
  std::vector<Sequential> members;
  members.push_back(initialised(mlp({1, 1, 1, 1}, nn::relu), 1));
  members.push_back(initialised(mlp({1, 1, 1, 1}, nn::relu), 2));
  const auto weight = [](const Sequential& net, std::size_t layer) {
    return net.get<Linear>(layer).weight.value();
  };
  const Sequential joined = ensemble(members);
  const auto of = [&](std::size_t m, std::size_t layer) {
    return weight(members[m], layer).flat(0);
  };
  CHECK(weight(joined, 0) == matrix({{of(0, 0)}, {of(1, 0)}}));
  CHECK(weight(joined, 2) == matrix({{of(0, 2), 0}, {0, of(1, 2)}}));
  CHECK(weight(joined, 4) == matrix({{of(0, 4) / 2, of(1, 4) / 2}}));
}

TEST_CASE("ensemble: a single member is copied, and shares nothing with it") {
  std::vector<Sequential> members;
  members.push_back(initialised(mlp({4, 3, 2}, nn::relu)));
  const Tensor before = members[0].get<Linear>(0).weight.value();
  Sequential copy = ensemble(members);
  CHECK(copy.get<Linear>(0).weight.value() == before);
  copy.get<Linear>(0).weight.mutate().fill(0);
  CHECK(members[0].get<Linear>(0).weight.value() == before);
}

TEST_CASE("ensemble: is saved and loaded as the wide network that it is") {
  const TemporaryFolder folder;
  std::vector<Sequential> members = three({7, 5, 4, 3}, nn::relu, {.batch_norm = true});
  const Sequential joined = ensemble(members);
  save_weights(joined, folder / "net");
  Sequential loaded = mlp({7, 15, 12, 3}, nn::relu, {.batch_norm = true});
  load_weights(loaded, folder / "net");
  loaded.eval();
  const Tensor x = random_tensor({6, 7});
  CHECK(near(loaded(x).value(), mean_output(members, x), 1e-14, 1e-15));
}

TEST_CASE("ensemble: a NaN of a member stays in its part") {
  std::vector<Sequential> members = three({3, 2, 2}, nn::relu);
  members[1].get<Linear>(0).weight.mutate().fill(std::numeric_limits<Real>::quiet_NaN());
  const Tensor weight = ensemble(members).get<Linear>(0).weight.value();
  for (std::size_t r = 0; r < 6; ++r) CHECK(std::isnan(weight(r, 0)) == (r == 2 || r == 3));
}

TEST_CASE("ensemble: members that cannot be joined") {
  const auto join = [](auto... nets) {
    std::vector<Sequential> members;
    (members.push_back(initialised(std::move(nets))), ...);
    return ensemble(members);
  };
  const auto net = [](std::size_t width) { return mlp({3, width, 2}, nn::relu); };
  CHECK_ERROR("no members", ensemble({}));
  CHECK_ERROR("layer 0 of member 1 is Linear(3, 5), of member 0 it is Linear(3, 4)",
              join(net(4), net(5)));
  CHECK_ERROR("layer 1 of member 2 is tanh", join(net(4), net(4), mlp({3, 4, 2}, nn::tanh)));
  CHECK_ERROR("member 1 has 1 layers, member 0 has 3", join(net(4), mlp({3, 2}, nn::relu)));
  CHECK_ERROR("last layer is not a Linear", join(Sequential(Linear(3, 2), nn::relu)));
  CHECK_ERROR("last layer is not a Linear", join(Sequential()));
  CHECK_ERROR("layer 1 is LayerNorm", join(Sequential(Linear(3, 4), LayerNorm(4), Linear(4, 2))));
  CHECK_ERROR("layer 0 is BatchNorm", join(Sequential(BatchNorm(3), Linear(3, 2))));
  const auto with_eps = [](double eps) {
    return Sequential(Linear(3, 4), BatchNorm(4, {.eps = eps}), Linear(4, 2));
  };
  CHECK_ERROR("layer 1 of member 1 has other options", join(with_eps(1e-5), with_eps(1e-3)));
  Sequential tied = mlp({3, 3, 3}, nn::relu);
  tied.get<Linear>(2).weight = tied.get<Linear>(0).weight;
  CHECK_ERROR("layers of member 0 share a parameter", join(std::move(tied)));
  struct Doubled : Linear {
    using Linear::Linear;
    Var forward(const Var& x) const override { return Linear::forward(x) * 2; }
    Doubled clone() const { return Doubled(in(), out()); }
  };
  CHECK_ERROR("not a type derived", join(Sequential(Doubled(3, 4), Linear(4, 2))));
  CHECK_ERROR("last layer is not a Linear", join(Sequential(Linear(3, 4), Doubled(4, 2))));
  std::vector<Sequential> empty;
  empty.push_back(net(4));
  CHECK_ERROR("0.weight", ensemble(empty));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
