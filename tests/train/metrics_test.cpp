// Metrics: metrics of the caller's own, sums that are saved, and errors.
#include <reel/train/metrics.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// The largest |y − t| so far, which is no mean.
Metric largest_error() {
  return {"largest_error",
          [](const Tensor& output, const data::Batch& batch, std::vector<double>& sums) {
            sums.resize(1);
            for (std::size_t i = 0; i < output.size(); ++i)
              sums[0] =
                  std::max<double>(sums[0], std::abs(output.data()[i] - batch.targets->data()[i]));
          },
          [](const std::vector<double>& sums) { return sums[0]; }};
}

Metric half_of_first() {
  return averaged("half", [](const Tensor& output, const data::Batch&) {
    return static_cast<double>(output.data()[0]) / 2;
  });
}

const data::Dataset five_targets(matrix({{1}, {2}, {3}, {4}, {5}}),
                                 matrix({{1}, {0}, {6}, {4}, {5}}));

data::Batch batch_at(const std::vector<std::uint32_t>& rows) {
  return five_targets.subset(rows).all();
}

void add(Metrics& metrics, Real loss, const data::Batch& batch) {
  metrics.add(loss, batch.inputs, batch);
}

TEST_CASE("metrics: the caller's own, averaged by sample or accumulated") {
  Metrics metrics({half_of_first(), largest_error(), mean_absolute_error()});
  CHECK(metrics.samples() == 0);
  CHECK(std::isnan(metrics.loss()));
  CHECK(metrics.scores().empty());
  CHECK_ERROR("[metrics] no batch was added", metrics["half"]);
  add(metrics, 3, batch_at({0, 1, 2}));
  add(metrics, 1, batch_at({4}));
  CHECK(metrics.samples() == 4);
  CHECK(metrics.loss() == 2.5);
  CHECK(metrics["half"] == (3 * 0.5 + 2.5) / 4);
  CHECK(metrics["largest_error"] == 3);
  CHECK(metrics["mean_absolute_error"] == 1.25);
  CHECK(metrics.scores() ==
        Scores{{"half", 1}, {"largest_error", 3}, {"mean_absolute_error", 1.25}});
  CHECK_ERROR("[metrics] there is no metric \"other\".", metrics["other"]);
  metrics.clear();
  CHECK(metrics.samples() == 0);
  add(metrics, 1, batch_at({1}));
  CHECK(metrics["half"] == 1);
  CHECK(metrics["largest_error"] == 2);
  CHECK_ERROR("two metrics are called \"accuracy\"",
              Metrics({accuracy(), r_squared(), accuracy()}));
}

TEST_CASE("metrics: weights count, in the loss too, and a batch of weight 0 does not") {
  Metrics metrics({half_of_first()});
  data::Batch one = batch_at({0, 1}), none = batch_at({2, 3});
  one.weights = vector({3, 1});
  none.weights = zeros({2});
  add(metrics, 2, one);
  metrics.add(Real(NAN), none.inputs, none);
  add(metrics, 8, batch_at({3, 4}));
  CHECK(metrics.samples() == 6);
  CHECK(metrics.loss() == (4 * 2 + 2 * 8) / 6.0);
  CHECK(metrics["half"] == (4 * 0.5 + 2 * 2) / 6.0);
}

TEST_CASE("metrics: R² of targets far from 0 keeps its digits") {
  Tensor y = uninitialized({100, 1}), t = uninitialized({100, 1});
  for (std::size_t i = 0; i < 100; ++i) {
    t(i, 0) = static_cast<Real>(1e8 + static_cast<double>(i));
    y(i, 0) = t(i, 0) + (i % 2 ? 1 : -1);
  }
  Metrics metrics({r_squared()});
  const data::Dataset far(y, t);
  for (const std::uint32_t first : {0u, 30u}) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t i = first; i < (first ? 100 : 30); ++i) rows.push_back(i);
    add(metrics, 0, far.subset(rows).all());
  }
  if (sizeof(Real) == 8) CHECK(near(metrics["r_squared"], 1 - 100.0 / 83'325, 1e-12));
}

TEST_CASE("metrics: the state in the middle of an epoch continues to the same bits") {
  const auto make = [] { return Metrics({half_of_first(), r_squared()}); };
  Metrics whole = make(), first = make(), second = make();
  for (const Real loss : {Real(0.1), Real(1) / 3}) add(whole, loss, batch_at({0, 1, 2}));
  add(first, Real(0.1), batch_at({0, 1, 2}));
  add(second, 7, batch_at({4}));
  second.set_state(first.state());
  add(second, Real(1) / 3, batch_at({0, 1, 2}));
  CHECK(second.sums() == whole.sums());
  Position at, other;
  at.epoch = 3, at.batch = 17, at.sums = whole.sums();
  other.set_state(at.state());
  CHECK(other.epoch == 3);
  CHECK(other.batch == 17);
  CHECK(other.sums == whole.sums());
  other.set_state(Position().state());
  CHECK(other.epoch == 1);
  CHECK(other.sums.empty());

  Metrics fewer({r_squared()});
  CHECK_ERROR("the sums are those of 2 metrics, expected 1", fewer.set_state(whole.state()));
  CHECK_ERROR("was given a state of \"position\"", whole.set_state(at.state()));
  for (const char* text : {"1 2 x", "1,,x", "1 2 3,4 ", "-"}) {
    optim::State broken = whole.state();
    broken.fields["sums"] = text;
    CHECK_THROWS_AS(second.set_state(broken), Error);
  }
  CHECK(second.sums() == whole.sums());
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
