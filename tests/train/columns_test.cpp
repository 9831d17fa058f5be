// Training whose first, narrow layer threads share out by columns: as on one thread.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <reel/autodiff/anomaly.h>
#include <reel/autodiff/column_product.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
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

constexpr std::size_t features = 100, classes = 4;
const double tolerance = sizeof(Real) == 8 ? 1e-9 : 1e-3;

enum class Stored { as_numbers, as_bytes };

data::Dataset images(Stored stored = Stored::as_numbers) {
  constexpr std::size_t n = 43;
  Rng rng(1);
  std::vector<std::uint8_t> bytes(n * features);
  Labels labels(n);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  for (Label& label : labels) label = static_cast<Label>(rng.below(classes));
  const data::DatasetInfo info{.classes = classes};
  if (stored == Stored::as_bytes)
    return data::Dataset::from_bytes(std::move(bytes), {features}, labels, info);
  Tensor samples = uninitialized({n, features});
  for (std::size_t i = 0; i < bytes.size(); ++i) samples.storage()[i] = Real(bytes[i]) / 255;
  return data::Dataset::from_arrays(std::move(samples), labels, info);
}

// A Linear that says which way it is called.
class Spy : public nn::Module {
 public:
  explicit Spy(bool columns = true) : linear(features, 6), columns_(columns) {}

  Var forward(const Var& x) const override {
    ++whole;
    return linear(x);
  }
  const Parameter* input_weight() const override { return columns_ ? &linear.weight : nullptr; }
  Var forward_columns(const ColumnRows& x) const override {
    ++in_columns;
    return linear(x);
  }
  void visit(nn::Visitor& v) override { v("linear", linear); }
  Spy clone() const {
    Spy copy(columns_);
    nn::copy_state(*this, copy);
    return copy;
  }

  nn::Linear linear;
  static inline std::atomic<int> whole{0}, in_columns{0};

 private:
  bool columns_;
};

using Model = nn::Sequential (*)();
nn::Sequential mlp() { return nn::mlp({features, 6, classes}, nn::relu); }
nn::Sequential smooth() { return nn::mlp({features, 6, classes}, nn::tanh); }
nn::Sequential alone() { return nn::Sequential(nn::Linear(features, classes)); }
nn::Sequential nested() {
  return nn::Sequential(nn::Sequential(nn::Linear(features, 6, {.bias = false}), nn::relu,
                                       nn::Linear(6, 5, {.bias = false})),
                        nn::BatchNorm(5), nn::Dropout(0.25), nn::Linear(5, classes));
}
nn::Sequential spied() { return nn::Sequential(Spy(), nn::relu, nn::Linear(6, classes)); }

using Method = std::unique_ptr<optim::Optimizer> (*)(const nn::Module&);
std::unique_ptr<optim::Optimizer> sgd(const nn::Module& model) {
  return std::make_unique<optim::Sgd>(model.parameters(), optim::SgdOptions{.lr = 0.1});
}
std::unique_ptr<optim::Optimizer> momentum(const nn::Module& model) {
  return std::make_unique<optim::Sgd>(
      model.parameters(), optim::SgdOptions{.lr = 0.1, .momentum = 0.9, .l2 = 0.01, .decay = 0.1});
}
std::unique_ptr<optim::Optimizer> adam(const nn::Module& model) {
  return std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.01});
}

struct Outcome {
  std::vector<Real> weights;
  std::vector<double> losses;
  FitStatus status;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(FitOptions options, Model make = mlp, Method method = adam,
                Stored stored = Stored::as_numbers) {
  nn::Sequential model = make();
  Rng rng(2);
  nn::init(model, rng);
  const auto optimizer = method(model);
  const data::Dataset set = images(stored);
  options.epochs = 3;
  options.batch = 10;  // the last one has 3 samples
  options.validation = &set;
  const FitResult result = fit(model, *optimizer, set, rng, options);
  Outcome all{numbers(model), {}, result.status};
  for (const EpochReport& report : result.epochs) {
    all.losses.push_back(report.train_loss);
    all.losses.push_back(report.validation->loss);
  }
  return all;
}

void expect_near(const Outcome& a, const Outcome& b) {
  CHECK(a.status == b.status);
  REQUIRE(a.losses.size() == b.losses.size());
  for (std::size_t i = 0; i < a.weights.size(); ++i)
    REQUIRE(near(a.weights[i], b.weights[i], tolerance, tolerance));
  for (std::size_t i = 0; i < a.losses.size(); ++i)
    CHECK(near(a.losses[i], b.losses[i], tolerance));
}

TEST_CASE("columns: the same as with whole images, but for rounding, and the same bits again") {
  for (const Model make : {mlp, smooth, alone, nested, spied})
    for (const Method method : {sgd, momentum, adam}) {
      const Outcome whole = outcome({.on_batch = [](const Progress&) {}}, make, method);
      for (const Stored stored : {Stored::as_numbers, Stored::as_bytes})
        for (const std::size_t threads : {1u, 2u, 3u, 5u}) {  // five: but for the last batch
          CAPTURE(threads);
          const auto train = [&] { return outcome({.threads = threads}, make, method, stored); };
          const Outcome by_columns = train();
          expect_near(by_columns, whole);
          CHECK(train() == by_columns);
        }
    }
}

TEST_CASE("columns: twenty runs of a seed end in the same bits") {
  for (const Stored stored : {Stored::as_numbers, Stored::as_bytes}) {
    const Outcome first = outcome({.threads = 2}, mlp, adam, stored);
    for (int i = 1; i < 20; ++i) CHECK(outcome({.threads = 2}, mlp, adam, stored) == first);
  }
}

TEST_CASE("columns: a layer as wide as there may be, and then a step by itself") {
  std::vector<std::vector<Real>> all;
  for (const std::size_t threads : {1u, 2u, 3u}) {
    nn::Sequential model = nn::mlp({features, 32, classes}, nn::tanh);
    Rng rng(2);
    nn::init(model, rng);
    const auto optimizer = momentum(model);
    const data::Dataset set = images();
    fit(model, *optimizer, set, rng, {.epochs = 3, .batch = 43, .threads = threads});
    data::Batch batch;
    set.gather(std::vector<std::uint32_t>{1, 2, 3}, batch);
    Tape tape;
    tape.backward(nn::cross_entropy(model(batch.images), batch.labels));
    optimizer->step();
    all.push_back(numbers(model));
  }
  for (const auto& several : {all[1], all[2]})
    for (std::size_t i = 0; i < several.size(); ++i)
      REQUIRE(near(several[i], all[0][i], tolerance, tolerance));
}

TEST_CASE("columns: which models and runs are shared out so") {
  const auto calls = [](std::size_t threads, Model make, FitOptions options = {}) {
    Spy::whole = Spy::in_columns = 0;
    options.threads = threads;
    options.epochs = 3;
    options.batch = 10;
    nn::Sequential model = make();
    Rng rng(2);
    nn::init(model, rng);
    fit(model, *sgd(model), images(), rng, options);
    return std::pair(Spy::whole.load(), Spy::in_columns.load());
  };
  using Counts = std::pair<int, int>;
  CHECK(calls(1, spied) == Counts(0, 15));
  CHECK(calls(2, spied) == Counts(0, 30));
  CHECK(calls(5, spied) == Counts(9, 60));  // the last batch has three samples
  CHECK(calls(2, [] { return nn::Sequential(Spy(false), nn::relu, nn::Linear(6, classes)); }) ==
        Counts(30, 0));
  const auto loss = [](const Var& y, const data::Batch& batch) {
    return nn::cross_entropy(y + Real(0) * sum(Var(batch.images)), batch.labels);
  };
  CHECK(calls(2, spied, {.loss = loss}) == Counts(30, 0));
  CHECK(calls(2, spied, {.on_batch = [](const Progress&) {}}) == Counts(30, 0));
  CHECK(calls(2, spied, {.stop = [] { return false; }}) == Counts(30, 0));
  const AnomalyMode observer;
  CHECK(calls(2, spied) == Counts(30, 0));
}

TEST_CASE("columns: on_epoch sees the weights, and may change and replace them") {
  std::vector<std::vector<std::vector<Real>>> seen;
  for (const std::size_t threads : {1u, 2u, 3u}) {
    nn::Sequential model = mlp();
    auto& first = dynamic_cast<nn::Linear&>(model[0]);
    Rng rng(2);
    nn::init(model, rng);
    const auto optimizer = momentum(model);
    Parameter weight = first.weight;
    Tensor& inside = weight.mutate();
    seen.emplace_back();
    fit(model, *optimizer, images(), rng,
        {.epochs = 5, .batch = 10, .threads = threads, .on_epoch = [&](const EpochReport& report) {
           seen.back().push_back(numbers(model));
           if (report.epoch == 1) weight.mutate() *= Real(0.5);
           if (report.epoch == 2) inside *= Real(1.5);  // which no version tells
           if (report.epoch == 3) weight.set_value(full(weight.shape(), Real(0.01)));
           if (report.epoch == 4) first.weight = Parameter(full(weight.shape(), Real(0.02)));
         }});
    seen.back().push_back(numbers(model));
  }
  for (const auto& several : {seen[1], seen[2]}) {
    REQUIRE(several.size() == seen[0].size());
    for (std::size_t i = 0; i < several.size(); ++i)
      for (std::size_t k = 0; k < several[i].size(); ++k)
        REQUIRE(near(several[i][k], seen[0][i][k], tolerance, tolerance));
  }
}

TEST_CASE("columns: a batch that is larger than the data set, and than any memory") {
  std::vector<std::vector<Real>> all;
  for (const std::size_t threads : {1u, 2u}) {
    nn::Sequential model = mlp();
    Rng rng(2);
    nn::init(model, rng);
    const auto optimizer = sgd(model);
    fit(model, *optimizer, images(), rng,
        {.epochs = 2, .batch = std::numeric_limits<std::size_t>::max(), .threads = threads});
    all.push_back(numbers(model));
  }
  for (std::size_t i = 0; i < all[0].size(); ++i)
    REQUIRE(near(all[1][i], all[0][i], tolerance, tolerance));
}

// A layer whose weight is that of the first one, and that looks at it besides.
class Mirror : public nn::Module {
 public:
  Mirror clone() const { return {weight_, in_some_}; }
  Mirror(Parameter weight, bool in_some) : weight_(std::move(weight)), in_some_(in_some) {}
  Var forward(const Var& x) const override {
    const double size = static_cast<double>(sum(square(Var(weight_.value()))).item());
    if (in_some_ && x.value().data()[0] < 0.2) return Real(1 + 0.1 * size) * x;
    return x + Real(0.1 * size) * sum(square(Var(weight_)));
  }

 private:
  Parameter weight_;
  bool in_some_;
};

TEST_CASE("columns: a model that uses its first weight once more, in all shares or in some") {
  for (const bool in_some : {false, true}) {
    std::vector<Outcome> all;
    for (const std::size_t threads : {1u, 2u, 3u}) {
      nn::Linear first(features, 6);
      const Parameter weight = first.weight;
      nn::Sequential model(std::move(first), nn::tanh);
      model.add(Mirror(weight, in_some));
      model.add(nn::Linear(6, classes));
      Rng rng(2);
      nn::init(model, rng);
      optim::Sgd steps(model.parameters(), {.lr = 0.05, .momentum = 0.5});
      const FitResult result =
          fit(model, steps, images(), rng, {.epochs = 2, .batch = 10, .threads = threads});
      all.push_back({numbers(model),
                     {result.epochs[0].train_loss, result.epochs[1].train_loss},
                     result.status});
    }
    if (!in_some) {  // else the first sample of a share decides
      expect_near(all[1], all[0]);
      expect_near(all[2], all[0]);
    }
    for (const Outcome& several : all)
      for (const Real x : several.weights) CHECK(std::isfinite(x));
  }
}

// Changes parameters one after the other, and fails in the second step.
struct Failing : optim::Optimizer {
  explicit Failing(const std::vector<Parameter>& parameters)
      : Optimizer("failing", parameters, {0.1, 0, 0}, {}) {}
  void update(const Update& u) const override {
    if (u.t == 2) throw std::runtime_error("the cause");
    for (std::size_t i = 0; i < u.n; ++i) u.p[i] -= u.g(i);
  }
};

TEST_CASE("columns: what fails, or is not finite, leaves the weights of the step before") {
  for (const std::size_t threads : {1u, 2u, 3u}) {
    CAPTURE(threads);
    nn::Sequential model = alone();
    Rng rng(2);
    nn::init(model, rng);
    Failing failing(model.parameters());
    CHECK_THROWS_WITH(fit(model, failing, images(), rng, {.batch = 10, .threads = threads}),
                      "the cause");
    for (const Real x : numbers(model)) CHECK(std::isfinite(x));

    nn::Sequential diverging = mlp();
    nn::init(diverging, rng);
    optim::Sgd steps(diverging.parameters(), {.lr = 0.1});
    std::vector<Real> last = numbers(diverging);
    Tensor samples = full({20, features}, Real(0.5));
    samples(13, features - 1) = std::numeric_limits<Real>::quiet_NaN();
    Labels labels(20, 1);
    const auto set = data::Dataset::from_arrays(std::move(samples), labels, {.classes = classes});
    const FitResult result = fit(diverging, steps, set, rng, {.batch = 20, .threads = threads});
    CHECK(result.status == FitStatus::diverged);
    CHECK(numbers(diverging) == last);
  }
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
