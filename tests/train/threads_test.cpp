// Training and evaluation on several threads: the same mathematics, and the same bits again.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/ops.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../near.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using Widths = std::vector<std::size_t>;
const Widths narrow{2, 70, 65, 2};  // more than one block of an update
const Widths wide{2, 300, 260, 2};  // a product that threads compute together

nn::Sequential make_model(const Widths& widths = narrow) {
  nn::Sequential model = nn::mlp(widths, nn::tanh);
  Rng rng(1);
  nn::init(model, rng);
  return model;
}

// The weights and the losses after three epochs.
std::pair<std::vector<Real>, std::vector<double>> outcome(FitOptions options,
                                                          const Widths& widths = narrow) {
  nn::Sequential model = make_model(widths);
  optim::Adam adam(model.parameters(), {.lr = 0.01});
  Rng rng(5);
  const data::Dataset points = quadrants(50);
  options.epochs = 3;
  options.validation = &points;
  const FitResult result = fit(model, adam, points, rng, options);
  std::vector<double> losses;
  for (const EpochReport& report : result.epochs) {
    losses.push_back(report.train_loss);
    losses.push_back(report.validation->loss);
  }
  return {numbers(model), losses};
}

TEST_CASE("threads: a batch in shares is the batch, but for rounding") {
  const double tolerance = sizeof(Real) == 8 ? 1e-9 : 2e-2;
  for (const Widths& widths : {narrow, wide}) {
    const auto alone = outcome({.batch = 8}, widths);
    for (const std::size_t threads : {2u, 3u, 5u}) {
      CAPTURE(threads);
      const auto shared = outcome({.batch = 8, .threads = threads}, widths);
      for (std::size_t i = 0; i < alone.first.size(); ++i)
        REQUIRE(near(shared.first[i], alone.first[i], tolerance, tolerance));
      for (std::size_t i = 0; i < alone.second.size(); ++i)
        CHECK(near(shared.second[i], alone.second[i], tolerance));
    }
  }
}

TEST_CASE("threads: twenty runs of one seed on two threads end in the same bits") {
  for (const Widths& widths : {narrow, wide}) {
    const auto first = outcome({.batch = 8, .threads = 2}, widths);
    for (int i = 1; i < 20; ++i) CHECK(outcome({.batch = 8, .threads = 2}, widths) == first);
  }
}

TEST_CASE("threads: more of them than samples in a batch") {
  const auto alone = outcome({.batch = 3});
  const auto crowd = outcome({.batch = 3, .threads = 7});
  for (std::size_t i = 0; i < alone.second.size(); ++i)
    CHECK(near(crowd.second[i], alone.second[i], sizeof(Real) == 8 ? 1e-9 : 1e-2));
}

TEST_CASE("threads: a loss of the user's, a mean over each share") {
  const auto squares = [](const Var& output, const data::Batch& batch) {
    return squared_error(output, [&] {
      Tensor target = zeros(output.shape());
      for (std::size_t i = 0; i < batch.size(); ++i)
        target(i, static_cast<std::size_t>(batch.labels[i])) = 1;
      return Var(target);
    }());
  };
  const auto alone = outcome({.batch = 7, .loss = squares});
  const auto shared = outcome({.batch = 7, .threads = 2, .loss = squares});  // shares of 3 and 4
  for (std::size_t i = 0; i < alone.second.size(); ++i)
    CHECK(near(shared.second[i], alone.second[i], sizeof(Real) == 8 ? 1e-9 : 1e-3));
}

TEST_CASE("threads: what fails in one of them comes out, and no weight has changed") {
  nn::Sequential model = make_model();
  const auto before = numbers(model);
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  const data::Dataset points = quadrants(40);
  const Tensor chosen = points.sample(7);
  std::atomic<int> calls{0};
  FitOptions options{.batch = 40, .threads = 2};
  options.loss = [&](const Var& output, const data::Batch& batch) {
    ++calls;
    for (std::size_t i = 0; i < batch.size(); ++i)
      if ((*batch.images)(i, 0) == chosen(0)) fail_usage("loss", "was told to fail.");
    return nn::cross_entropy(output, batch.labels);
  };
  CHECK_ERROR("[loss] was told to fail", fit(model, sgd, points, rng, options));
  CHECK(calls == 2);
  CHECK(numbers(model) == before);
}

TEST_CASE("threads: a step that cannot be taken comes out, and no weight has changed") {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    CAPTURE(threads);
    nn::Sequential model = make_model();
    const Parameter stranger(full({3}, 2));
    optim::Adam adam({stranger}, {.lr = 0.1});
    const auto state = adam.state();
    Rng rng(1);
    CHECK_ERROR("[adam] no parameter has a gradient",
                fit(model, adam, quadrants(40), rng, {.batch = 10, .threads = threads}));
    CHECK(stranger.value() == full({3}, 2));
    CHECK(adam.state().fields == state.fields);
  }
}

// In the first step all is well. In the second one a parameter is of another size, and only the
// share with a certain sample uses it, so the gradients of all others could be applied.
TEST_CASE("threads: a gradient of one share that does not fit, and no weight has changed") {
  const data::Dataset points = quadrants(40);
  for (const std::size_t threads : {1u, 2u, 5u})
    for (const std::size_t batch : {3u, 20u}) {
      CAPTURE(threads);
      CAPTURE(batch);
      nn::Sequential model = make_model();
      Parameter shift(full({1}, 1));
      std::vector<Parameter> all = model.parameters();
      all.push_back(shift);
      optim::Adam adam(all, {.lr = 0.1});
      std::vector<Real> before;
      optim::State state;
      std::atomic<const Real*> chosen{nullptr};  // the first sample of the first share to come
      FitOptions options{.batch = batch, .threads = threads};
      options.loss = [&](const Var& output, const data::Batch& share) {
        const Var loss = nn::cross_entropy(output, share.labels);
        const Real* none = nullptr;
        return chosen.compare_exchange_strong(none, share.images->data())
                   ? loss + sum(shift * shift)
                   : loss;
      };
      options.on_batch = [&](const Progress&) {
        chosen = nullptr;
        before = numbers(model);
        state = adam.state();
        shift.mutate() = full({2}, 1);
      };
      Rng rng(1);
      CHECK_ERROR("its gradient (2), and it was given with (1).",
                  fit(model, adam, points, rng, options));
      REQUIRE(!before.empty());
      CHECK(numbers(model) == before);
      CHECK(adam.state().fields == state.fields);
    }
}

TEST_CASE("threads: on_batch and stop have the model for themselves, after the step") {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    CAPTURE(threads);
    nn::Sequential model = make_model();
    optim::Sgd sgd(model.parameters(), {.lr = 0.1});
    Rng rng(1);
    std::atomic<int> inside{0}, wrong{0};
    std::atomic<bool> watching{false};
    int batches = 0;
    FitOptions options{.epochs = 3, .batch = 10, .threads = threads};
    options.loss = [&](const Var& output, const data::Batch& batch) {
      ++inside;
      wrong += watching;
      const Var loss = nn::cross_entropy(output, batch.labels);
      --inside;
      return loss;
    };
    const auto watch = [&] {
      watching = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so long that the others sleep
      wrong += inside;
      watching = false;
    };
    options.on_batch = [&](const Progress&) {
      watch();
      ++batches;
      for (Parameter& p : model.parameters()) p.mutate().fill(Real(batches));
    };
    options.stop = [&] {
      watch();
      for (const Parameter& p : model.parameters())
        wrong += p.value() != full(p.shape(), Real(batches));
      return batches == 10;
    };
    CHECK(fit(model, sgd, quadrants(40), rng, options).status == FitStatus::stopped);
    CHECK(batches == 10);
    CHECK(wrong == 0);
    CHECK(numbers(model) == std::vector<Real>(numbers(model).size(), 10));
  }
}

TEST_CASE("threads: what on_batch or stop throws comes out, after the step and before the next") {
  for (const std::size_t threads : {1u, 2u, 5u})
    for (const bool by_stop : {false, true}) {
      CAPTURE(threads);
      nn::Sequential model = make_model();
      optim::Sgd sgd(model.parameters(), {.lr = 0.1});
      Rng rng(1);
      std::vector<std::vector<Real>> seen;
      const auto look = [&](bool throws) {
        if (throws) seen.push_back(numbers(model));
        if (throws && seen.size() == 3) fail_usage("look", "was told to fail.");
        return false;
      };
      CHECK_ERROR("[look] was told to fail",
                  fit(model, sgd, quadrants(40), rng,
                      {.batch = 10,
                       .threads = threads,
                       .on_batch = [&](const Progress&) { look(!by_stop); },
                       .stop = [&] { return look(by_stop); }}));
      REQUIRE(seen.size() == 3);
      CHECK(seen[1] != seen[2]);
      CHECK(numbers(model) == seen[2]);
    }
}

// An update that fails on the number that it is told, which belongs to one of the threads.
struct Failing : optim::Optimizer {
  Failing(const std::vector<Parameter>& parameters, const Real* chosen)
      : Optimizer("failing", parameters, {.lr = 0.1, .l2 = 0, .decay = 0}, {}), number(chosen) {}
  void update(const Update& u) const override {
    for (std::size_t i = 0; i < u.n; ++i) {
      if (u.t == 3 && u.p + i == number) fail_usage("failing", "was told to fail.");
      u.p[i] -= Real(0.1) * u.gradient[i];
    }
  }
  const Real* number;
};

TEST_CASE("threads: an update that fails in one of them comes out, and is the last") {
  for (const std::size_t threads : {1u, 2u, 5u})
    for (const bool last : {false, true}) {
      CAPTURE(threads);
      CAPTURE(last);
      nn::Sequential model = make_model();
      const auto parameters = model.parameters();
      const Tensor& chosen = (last ? parameters.back() : parameters.front()).value();
      const Real* const number = last ? chosen.data() + chosen.size() - 1 : chosen.data();
      Failing failing(parameters, number), other(parameters, number);
      Rng rng(1);
      int batches = 0;
      CHECK_ERROR("[failing] was told to fail",
                  fit(model, failing, quadrants(40), rng, {.batch = 10, .threads = threads}));
      Rng again(1);
      CHECK_ERROR(
          "[failing] was told to fail",
          fit(model, other, quadrants(40), again,
              {.batch = 10, .threads = threads, .on_batch = [&](const Progress&) { ++batches; }}));
      CHECK(batches == 2);
    }
}

TEST_CASE("threads: a loss that is not finite in one share is divergence") {
  nn::Sequential model = make_model();
  const auto before = numbers(model);
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  Tensor points = full({4, 2}, 1);
  points(0, 1) = std::numeric_limits<Real>::quiet_NaN();
  const auto one = data::Dataset::from_arrays(std::move(points), Labels{0, 1, 0, 1});
  CHECK(fit(model, sgd, one, rng, {.batch = 4, .threads = 4}).status == FitStatus::diverged);
  CHECK(numbers(model) == before);
}

TEST_CASE("threads: gradients that parameters hold are left alone, and parameters without one") {
  nn::Sequential model = make_model();
  std::vector<Parameter> trained = model.parameters();
  Parameter held = trained.back(), unused(full({3}, 2));
  trained.pop_back();
  trained.push_back(unused);
  held.set_gradient(SharedTensor(full(held.shape(), 7)));
  const Tensor bias = held.value();
  optim::Adam adam(trained);
  Rng rng(1);
  fit(model, adam, quadrants(20), rng, {.epochs = 1, .batch = 10, .threads = 2});
  CHECK(*held.gradient() == full(held.shape(), 7));
  CHECK(held.value() == bias);
  CHECK(unused.value() == full({3}, 2));
  CHECK_FALSE(trained[0].gradient());
}

TEST_CASE("threads: evaluation is the same to the last bit, however many share it") {
  nn::Sequential model = make_model();
  const data::Dataset points = quadrants(103);
  const Evaluation alone = evaluate(model, points, 10);
  for (const std::size_t count : {1u, 2u, 3u, 20u}) {
    Workers workers(count);
    const Evaluation shared = evaluate(model, points, workers, 10);
    CHECK(shared.loss == alone.loss);
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) CHECK(shared.confusion(i, j) == alone.confusion(i, j));
  }
}

TEST_CASE("threads: the default is decided by the model, the batch and the processors alone") {
  const std::size_t most = Workers::processors();
  const nn::Sequential small = nn::mlp({784, 10, 10}, nn::relu);
  const nn::Sequential large = nn::mlp({784, 512, 512, 10}, nn::relu);
  CHECK(default_threads(small, 1) == 1);
  CHECK(default_threads(small, 64) == 1);
  CHECK(default_threads(large, 128) == std::min<std::size_t>(most, 85));
  CHECK(default_threads(large, std::size_t(-1)) == most);
}

TEST_CASE("threads: none are an error") {
  nn::Sequential model = make_model();
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  CHECK_ERROR("[fit] 0 threads", fit(model, sgd, quadrants(4), rng, {.threads = 0}));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
