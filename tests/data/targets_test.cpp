// Data sets whose targets are numbers, or the inputs themselves, and weights of samples.
#include <cmath>
#include <numeric>
#include <vector>

#include <reel/data/dataset.h>

#include "../threads.h"
#include "idx_files.h"
#include "small_dataset.h"

using namespace reel;
using namespace reel::testing;
using namespace small_dataset;
using data::Batch;
using data::Dataset;

TEST_CASE("dataset: targets that are numbers") {
  const Tensor x = matrix({{1, 2}, {3, 4}, {5, 6}});
  const Dataset one(x, vector({10, 20, 30})), two(x, matrix({{1, -1}, {2, -2}, {3, -3}}));
  CHECK(one.classes() == 0);
  CHECK(one.outputs() == 1);
  CHECK(two.outputs() == 2);
  CHECK(item(one.target(2)) == 30);
  CHECK(two.target(1) == vector({2, -2}));
  Batch batch;
  one.gather(Rows{2, 0}, batch);
  CHECK(*batch.inputs == matrix({{5, 6}, {1, 2}}));
  CHECK(*batch.targets == matrix({{30}, {10}}));  // (batch,1), not (batch)
  CHECK(batch.labels.empty());
  CHECK(!batch.weights);
  CHECK(batch.weight() == 2);
  two.subset(Rows{2, 1}).gather(Rows{1}, batch);
  CHECK(*batch.targets == matrix({{2, -2}}));
  CHECK(*two.all().targets == matrix({{1, -1}, {2, -2}, {3, -3}}));
  CHECK(says(error_of([&] { one.label(0); }), Kind::usage, {"\"data\" has no labels"}));
  std::vector<Real> room(2);
  Labels labels(1);
  CHECK(says(error_of([&] { one.gather(Rows{0}, room, labels); }), Kind::usage, {"no labels"}));
  CHECK(says(error_of([&] {
               Dataset(x, vector({1, 2}));
             }),
             Kind::input, {"has 3 samples but 2 targets"}));
  CHECK(says(error_of([&] { Dataset(x, scalar(1)); }), Kind::usage, {"targets are one number"}));
  CHECK(says(error_of([&] {
               Dataset(x, zeros({3, 0}));
             }),
             Kind::input, {"without a single value"}));
}

TEST_CASE("dataset: numbers in braces are labels, and inputs may have no targets at all") {
  const Tensor x = matrix({{1, 2}, {3, 4}, {5, 6}});
  const Dataset classes(x, {0, 1, 1}), bare(x);
  CHECK(classes.classes() == 2);
  CHECK(classes.outputs() == 2);
  CHECK(bare.classes() == 0);
  CHECK(bare.outputs() == 0);
  const Batch batch = bare.all();
  CHECK(*batch.inputs == x);
  CHECK(batch.labels.empty());
  CHECK(!batch.targets);
  CHECK(says(error_of([&] { classes.target(0); }), Kind::usage, {"not numbers"}));
  CHECK(says(error_of([&] { bare.target(0); }), Kind::usage, {"not numbers"}));
  CHECK(says(error_of([&] { bare.label(0); }), Kind::usage, {"no labels"}));
  CHECK(says(error_of([&] { Dataset(x, data::DatasetInfo{.classes = 2}); }), Kind::usage,
             {"classes but no labels"}));
}

TEST_CASE("dataset: autoencoding shares one tensor, batch after batch") {
  const Dataset set = small(9, {.name = "toys"}).autoencoding();
  CHECK(set.name() == "toys");
  CHECK(set.classes() == 0);
  CHECK(set.outputs() == 6);
  CHECK(set.target(1) == set.sample(1));
  Batch batch;
  set.gather(Rows{1, 2}, batch);
  CHECK(batch.targets.identity() == batch.inputs.identity());
  CHECK(batch.labels.empty());
  const void* const place = batch.inputs.identity();
  set.gather(Rows{3, 4}, batch);
  CHECK(batch.inputs.identity() == place);  // in place, although two handles share it
  CHECK(batch.targets.identity() == place);
  const SharedTensor kept = batch.inputs;
  const Tensor before = *kept;
  set.gather(Rows{5, 6}, batch);
  CHECK(*kept == before);
  small(9).gather(Rows{5, 6}, batch);
  CHECK(!batch.targets);
  CHECK(batch.labels == Labels{2, 0});
  CHECK(set.subset(Rows{8}).target(0) == set.sample(8));
}

TEST_CASE("dataset: weights belong to the samples, also in subsets and splits") {
  const Tensor x = matrix({{1}, {2}, {3}, {4}});
  const Dataset set = Dataset(x, x).weighted(vector({1, 0, Real(0.5), 2}));
  CHECK(set.weight(2) == Real(0.5));
  CHECK(Dataset(x).weight(2) == 1);
  Batch batch;
  set.gather(Rows{3, 2, 1}, batch);
  CHECK(*batch.weights == vector({2, Real(0.5), 0}));
  CHECK(batch.weight() == 2.5);
  const Dataset odd = set.subset(Rows{3, 1, 3});
  odd.gather(Rows{2, 1}, batch);
  CHECK(*batch.weights == vector({2, 0}));
  const Dataset again = odd.weighted(vector({5, 6, 7})).subset(Rows{2, 0});
  CHECK(again.weight(0) == 7);
  CHECK(again.weight(1) == 5);
  CHECK(odd.weight(0) == 2);
  Rng rng(1);
  const auto [rest, held_out] = data::split(set, 0.5, rng);
  for (const Dataset* part : {&rest, &held_out})
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(part->weight(i) == set.weight(static_cast<std::size_t>(part->sample(i)(0)) - 1));
  CHECK(says(error_of([&] {
               set.weighted(vector({1, 2}));
             }),
             Kind::usage, {"weights (2) for 4 samples, expected (4)"}));
  CHECK(says(error_of([&] {
               set.weighted(vector({1, 2, -1, 0}));
             }),
             Kind::input, {"weight -1 at index 2"}));
  CHECK(says(error_of([&] {
               set.weighted(vector({1, 2, 3, Real(std::nan(""))}));
             }),
             Kind::input, {"weight nan at index 3"}));
  CHECK(says(error_of([&] { set.weighted(zeros({4})); }), Kind::input, {"all weights are 0"}));
}

TEST_CASE("dataset: numbers and weights are gathered without the heap, on any number of threads") {
  const std::size_t n = 300, features = 500;
  Tensor x = uninitialized({n, features}), y = uninitialized({n, features});
  std::iota(x.begin(), x.end(), Real(0));
  std::iota(y.begin(), y.end(), Real(7));
  const Dataset set = Dataset(x, y).weighted(full({n}, 2));
  Rows rows(n);
  std::iota(rows.rbegin(), rows.rend(), 0u);
  Batch batch, parallel;
  set.gather(rows, batch);
  const auto before = memory::stats().heap_calls;
  for (int i = 0; i < 10; ++i) set.gather(rows, batch);
  CHECK(memory::stats().heap_calls == before);
  const Threads two(2);
  set.gather(rows, parallel);
  CHECK(*parallel.targets == *batch.targets);
  CHECK((*batch.targets)(0, 0) == y(n - 1, 0));
}
