// A step from gradients in shares: for every method what a step from their sum is.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/optim/adadelta.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/adamax.h>
#include <reel/optim/adamw.h>
#include <reel/optim/nadam.h>
#include <reel/optim/radam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/rprop.h>
#include <reel/optim/sgd.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Parameters = std::vector<Parameter>;

std::vector<std::unique_ptr<Optimizer>> all_methods(const Parameters& p) {
  std::vector<std::unique_ptr<Optimizer>> all;
  all.push_back(std::make_unique<Sgd>(p, SgdOptions{.lr = 0.1, .l2 = 0.1, .decay = 0.2}));
  all.push_back(std::make_unique<Sgd>(p, SgdOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true}));
  all.push_back(std::make_unique<Adagrad>(p));
  all.push_back(std::make_unique<Rmsprop>(p, RmspropOptions{.momentum = 0.9, .centered = true}));
  all.push_back(std::make_unique<Adadelta>(p));
  all.push_back(std::make_unique<Rprop>(p));
  all.push_back(std::make_unique<Adam>(p, AdamOptions{.amsgrad = true}));
  all.push_back(std::make_unique<AdamW>(p));
  all.push_back(std::make_unique<NAdam>(p));
  all.push_back(std::make_unique<RAdam>(p));
  all.push_back(std::make_unique<AdaMax>(p));
  return all;
}

// Sizes below, at and above one block of a sum, and more workers' boundaries than parameters.
Parameters make_parameters() {
  Parameters made;
  for (const std::size_t n : {3u, 4096u, 10000u, 1u}) made.emplace_back(full({n}, 1));
  return made;
}

Tensor random(const Shape& shape, Rng& rng) {
  Tensor x = uninitialized(shape);
  for (Real& value : x.storage()) value = static_cast<Real>(rng.normal());
  return x;
}

TEST_CASE("shares: every method steps as from their sum, on any number of workers") {
  for (const std::size_t count : {1u, 2u, 3u})
    for (std::size_t k = 0; k < all_methods(make_parameters()).size(); ++k) {
      Workers workers(count);
      const Parameters plain = make_parameters(), shared = make_parameters();
      const auto one = std::move(all_methods(plain)[k]), two = std::move(all_methods(shared)[k]);
      CAPTURE(one->method());
      CAPTURE(count);
      Rng rng(7);
      for (int t = 0; t < 5; ++t) {
        std::vector<Optimizer::Gradients> shares(count, Optimizer::Gradients(plain.size()));
        for (std::size_t i = 0; i < plain.size(); ++i) {
          Tensor sum = zeros(plain[i].shape());
          bool any = false;
          for (std::size_t w = 0; w < count; ++w) {
            if ((i + w + static_cast<std::size_t>(t)) % 3 == 0) continue;  // no gradient there
            shares[w][i] = random(plain[i].shape(), rng);
            sum += *shares[w][i];
            any = true;
          }
          if (any) Parameter(plain[i]).set_gradient(SharedTensor(sum));
        }
        one->step();
        two->step(shares, workers);
        for (std::size_t i = 0; i < plain.size(); ++i)
          REQUIRE(near(shared[i].value(), plain[i].value(), 1e-13, 1e-13));
      }
      CHECK(one->state().fields == two->state().fields);
    }
}

TEST_CASE("shares: what does not fit is refused before anything has changed") {
  Parameters p{Parameter(full({2}, 1), "a"), Parameter(full({3}, 1), "b")};
  Sgd sgd(p, {.lr = 1});
  Workers workers(2);
  using Shares = std::vector<Optimizer::Gradients>;
  const SharedTensor two = full({2}, 1), three = full({3}, 1);
  CHECK_ERROR("was given no gradients", sgd.step(Shares{}, workers));
  CHECK_ERROR("no parameter has a gradient", sgd.step(Shares{{{}, {}}}, workers));
  CHECK_ERROR("1 gradients for 2 parameters", sgd.step(Shares{{two, three}, {two}}, workers));
  CHECK_ERROR("parameter \"b\" has shape (3), its gradient (2)",
              sgd.step(Shares{{two, three}, {two, two}}, workers));
  CHECK(p[0].value() == full({2}, 1));
  CHECK(p[1].value() == full({3}, 1));
  sgd.step(Shares{{two, {}}, {two, {}}}, workers);
  CHECK(p[0].value() == full({2}, -1));
  CHECK(p[1].value() == full({3}, 1));
}

#if defined(__SSE2__) || defined(__aarch64__)
TEST_CASE("shares: averages that decay end at zero, not among the subnormal numbers") {
  bool shared = false;
  SUBCASE("from the parameters' own gradients") {}
  SUBCASE("from shares") { shared = true; }
  const Parameters p{Parameter(full({2}, 1))};
  Sgd sgd(p, {.lr = 0.1, .momentum = 0.5});
  Workers workers(2);
  for (int t = 0; t < 1200; ++t) {  // 2⁻¹²⁰⁰ is below the smallest double
    const SharedTensor gradient = full({2}, t == 0);
    Parameter(p[0]).set_gradient(gradient);
    if (shared)
      sgd.step(std::vector<Optimizer::Gradients>{{gradient}, {SharedTensor()}}, workers);
    else
      sgd.step();
    const State state = sgd.state();
    for (const Real b : state.tensors.at("0.b")) REQUIRE((b == 0 || std::isnormal(b)));
  }
}
#endif

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
