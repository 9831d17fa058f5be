// A step from gradients in shares: for every method what a step from their sum is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <reel/autodiff/column_product.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/kernels.h>
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
            shares[w][i].sum = random(plain[i].shape(), rng);
            sum += *shares[w][i].sum;
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

// A product of rank 3 with rows that no worker's part ends with; sum + product where both are.
TEST_CASE("shares: products that are still to compute, whole rows to each worker") {
  for (const std::size_t count : {1u, 2u, 3u, 7u})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true}) {
        CAPTURE(count);
        Rng rng(3);
        const Parameters plain{Parameter(full({90, 301}, 1)), Parameter(full({5}, 1))};
        const Parameters shared{Parameter(full({90, 301}, 1)), Parameter(full({5}, 1))};
        const auto factor = [&](std::size_t wide, bool high) {
          return random(high ? Shape{wide, 3} : Shape{3, wide}, rng);
        };
        std::vector<Optimizer::Gradients> shares(3, Optimizer::Gradients(2));
        Tensor sum = zeros({90, 301}), bias = random({5}, rng);
        for (std::size_t w = 0; w < 3; ++w) {
          const LazyProduct product{factor(90, !transpose_a), factor(301, transpose_b), transpose_a,
                                    transpose_b};
          const Tensor dense = random({90, 301}, rng);
          if (w != 1) shares[w][0].product = product;
          if (w != 0) shares[w][0].sum = dense;
          if (w != 1) sum += matmul(*product.a, transpose_a, *product.b, transpose_b);
          if (w != 0) sum += dense;
        }
        shares[1][1] = SharedTensor(bias);
        Parameter(plain[0]).set_gradient(SharedTensor(sum));
        Parameter(plain[1]).set_gradient(SharedTensor(bias));
        Adam one(plain, {.lr = 0.1}), two(shared, {.lr = 0.1});
        Workers workers(count);
        for (int t = 0; t < 2; ++t) {
          one.step({.keep = true});
          two.step(shares, workers);
        }
        const double tolerance = sizeof(Real) == 8 ? 1e-12 : 1e-3;
        for (std::size_t i = 0; i < 2; ++i)
          REQUIRE(near(shared[i].value(), plain[i].value(), tolerance, tolerance));
      }
}

TEST_CASE("shares: each worker updates the rows of a wide weight that it multiplies by") {
  struct Recorder : Optimizer {
    struct Part {
      std::thread::id thread;
      const Real* begin;
      std::size_t n;
    };
    explicit Recorder(const Parameters& p) : Optimizer("recorder", p, {0.1, 0, 0}, {}) {}
    void update(const Update& u) const override {
      const std::lock_guard lock(mutex);
      parts.push_back({std::this_thread::get_id(), u.p, u.n});
    }
    mutable std::mutex mutex;
    mutable std::vector<Part> parts;
  };
  constexpr std::size_t rows = 200, columns = 301, count = 3;
  const Parameters p{Parameter(full({7}, 1)), Parameter(full({rows, columns}, 1))};
  Recorder recorder(p);
  Workers workers(count);
  std::vector<std::thread::id> ids(count);
  workers.run([&](std::size_t w) { ids[w] = std::this_thread::get_id(); });
  const LazyProduct product{full({1, rows}, 1), full({1, columns}, 1), true, false};
  std::vector<Optimizer::Gradients> shares(1, Optimizer::Gradients(2));
  shares[0][0].sum = full({7}, 1);
  shares[0][1].product = product;
  recorder.step(shares, workers);
  std::vector<std::size_t> updated(count);
  const Real* const weight = p[1].value().data();
  for (const Recorder::Part& part : recorder.parts) {
    if (part.n == 7) continue;
    const auto w =
        static_cast<std::size_t>(std::find(ids.begin(), ids.end(), part.thread) - ids.begin());
    REQUIRE(w < count);
    const Share own = share_of(rows, w, count);
    CHECK(part.begin >= weight + own.begin * columns);
    CHECK(part.begin + part.n <= weight + own.end * columns);
    updated[w] += part.n;
  }
  for (std::size_t w = 0; w < count; ++w)
    CHECK(updated[w] == share_of(rows, w, count).size() * columns);
}

TEST_CASE("shares: gradients by columns, from all workers or some, with others and in the midst") {
  constexpr std::size_t out = 70, in = 100, samples = 48;
  Rng rng(3);
  const Tensor x = random({samples, in}, rng), g = random({samples, out}, rng);
  const Tensor extra = random({out, in}, rng);
  enum { all, more_workers, fewer_workers, some_shares, another, changed };
  for (const int kind : {all, more_workers, fewer_workers, some_shares, another, changed}) {
    CAPTURE(kind);
    Parameter weight(random({out, in}, rng)), plain(weight.value());
    AdamW two({weight}, {.lr = 0.1}), one({plain}, {.lr = 0.1});
    Workers workers(kind == more_workers ? 4 : kind == fewer_workers ? 1 : 3);
    ColumnProduct product(weight, 3, samples);
    for (int t = 0; t < 3; ++t) {
      for (std::size_t w = 0; w < 3; ++w) {
        product.x(w).starts.clear();
        for (std::size_t i = 0; i < samples; ++i) product.x(w).starts.push_back(x.data() + i * in);
        product.multiply(w);
      }
      std::vector<Optimizer::Gradients> shares;
      Tensor sum = zeros({out, in});
      for (std::size_t w = 0; w < (kind == some_shares ? 2 : 3); ++w) {
        const Share rows = share_of(samples, w, 3);
        Tensor part = uninitialized({rows.size(), out});
        std::copy_n(g.data() + rows.begin * out, part.size(), part.data());
        product.set_gradient(rows, part);
        sum += matmul(part, true, product.whole(rows), false);
        LazyGradient gradient({}, {std::move(part), {}, true, false, &product, rows});
        if (kind == another && w == 1) gradient.sum = extra;
        shares.push_back({gradient});
      }
      if (kind == another) sum += extra;
      if (kind == changed && t > 0) {
        weight.mutate() *= Real(0.5);
        plain.mutate() *= Real(0.5);
      }
      two.step(shares, workers);
      plain.set_gradient(sum);
      one.step();
    }
    CHECK(near(weight.value(), plain.value(), sizeof(Real) == 8 ? 1e-9 : 1e-3, 1e-6));
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
  const LazyProduct product{full({2, 1}, 1), full({1, 2}, 1)};
  CHECK_ERROR("parameter \"a\" has shape (2), its gradient (2,2)",
              sgd.step(Shares{{LazyGradient({}, product), three}}, workers));
  CHECK_ERROR("don't add up", sgd.step(Shares{{LazyGradient(two, product), three}}, workers));
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

TEST_CASE("shares: a parameter without elements counts its steps as others do") {
  const Parameter none(zeros({0})), two(full({2}, 1));
  Adam adam({none, two});
  Workers workers(2);
  const Optimizer::Gradients share{SharedTensor(zeros({0})), SharedTensor(full({2}, 1))};
  for (int step = 0; step < 3; ++step)
    adam.step(std::vector<Optimizer::Gradients>(2, share), workers);
  CHECK(adam.state().count("0.t") == 3);
  CHECK(adam.state().count("1.t") == 3);
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
