// Data sets: scaling, gathering in place, subsets, splits, and errors.
#include <reel/data/dataset.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "../threads.h"
#include "idx_files.h"
#include "labels.h"
#include "small_dataset.h"

using namespace reel;
using namespace reel::testing;
using namespace small_dataset;
using data::Batch;
using data::Dataset;

namespace {

Real byte(std::size_t value) { return static_cast<Real>(value) / Real(255); }

// Whether two numbers are equal up to two roundings in double.
bool same(Real a, Real b) {
  return std::abs(a - b) <= (sizeof(Real) == 4 ? 0 : 4.5e-16 * std::abs(double(b)));
}

}  // namespace

TEST_CASE("dataset: bytes are scaled to exactly byte / 255") {
  Bytes bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const auto set = Dataset::from_bytes(bytes, {256}, std::vector<Label>{0});
  const Tensor sample = set.sample(0);
  CHECK(sample(0) == 0);
  CHECK(sample(255) == 1);
  for (std::size_t i = 0; i < 256; ++i) {
    CAPTURE(i);
    CHECK(same(sample(i), byte(i)));
  }
}

TEST_CASE("dataset: samples of every length are scaled to their last value") {
  for (std::size_t length = 1; length < 300; ++length) {
    Bytes bytes(2 * length);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
    const auto set = Dataset::from_bytes(bytes, {length}, std::vector<Label>{0, 1}, {}, 1);
    std::vector<Real> images(2 * length + 1, Real(-1));
    std::vector<Label> labels(2);
    set.gather(Rows{1, 0}, {images.data(), 2 * length}, labels);
    bool right = images.back() == -1;
    for (std::size_t i = 0; i < length; ++i)
      right &= images[i] == static_cast<Real>(bytes[length + i]) &&
               images[length + i] == static_cast<Real>(bytes[i]);
    CAPTURE(length);
    CHECK(right);
  }
}

TEST_CASE("dataset: another scale is rounded once") {
  Bytes bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  for (const double scale : {1.0, -2.0, 0.3, 1 / 128.0, 1e-9, 12345.678}) {
    CAPTURE(scale);
    const auto set = Dataset::from_bytes(bytes, {256}, std::vector<Label>{0}, {}, scale);
    const Tensor sample = set.sample(0);
    for (std::size_t i = 0; i < 256; ++i)
      CHECK(sample(i) == static_cast<Real>(static_cast<double>(i) * scale));
  }
  for (const double scale : {0.0, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(
        says(error_of([&] { Dataset::from_bytes(bytes, {256}, std::vector<Label>{0}, {}, scale); }),
             Kind::usage, {"[dataset] scale "}));
}

TEST_CASE("dataset: what it says about itself") {
  const auto set = small(5, {.name = "toys", .class_names = {"car", "doll", "ball"}});
  CHECK(set.size() == 5);
  CHECK(set.features() == 6);
  CHECK(to_string(set.sample_shape()) == "(2,3)");
  CHECK(set.classes() == 3);
  CHECK(set.name() == "toys");
  CHECK(set.class_names() == std::vector<std::string>{"car", "doll", "ball"});
  CHECK(set.class_name(2) == "ball");
  CHECK(set.label(4) == 1);
  const Tensor sample = set.sample(4);
  CHECK(to_string(sample.shape()) == "(2,3)");
  CHECK(same(sample(1, 2), byte(33)));
}

TEST_CASE("dataset: classes are given, counted from the names, or from the labels") {
  CHECK(small(5).classes() == 3);
  CHECK(small(2).classes() == 2);
  CHECK(small(5).class_name(1) == "1");
  CHECK(small(2, {.classes = 10}).classes() == 10);
  CHECK(small(2, {.class_names = {"a", "b", "c", "d"}}).classes() == 4);
  CHECK(says(error_of([] {
               small(2, {.classes = 3, .class_names = {"a", "b"}});
             }),
             Kind::usage, {"3 classes but 2 class names"}));
  CHECK(says(error_of([] { small(5).class_name(3); }), Kind::usage, {"class 3 of 3"}));
}

TEST_CASE("dataset: a user's own numbers are used as they are") {
  Tensor samples = uninitialized({3, 2, 2});
  std::iota(samples.begin(), samples.end(), Real(-5));
  const Labels labels = {1, 0, 1};
  const auto set = Dataset(samples, labels);
  samples.fill(0);
  CHECK(set.size() == 3);
  CHECK(set.features() == 4);
  CHECK(to_string(set.sample_shape()) == "(2,2)");
  CHECK(set.classes() == 2);
  CHECK(set.sample(2)(1, 0) == 5);
  Batch batch;
  set.gather(Rows{2, 0}, batch);
  CHECK(to_string(batch.inputs->shape()) == "(2,4)");
  for (std::size_t v = 0; v < 4; ++v) {
    CHECK((*batch.inputs)(0, v) == static_cast<Real>(v) + 3);
    CHECK((*batch.inputs)(1, v) == static_cast<Real>(v) - 5);
  }
  CHECK(batch.labels == Labels{1, 1});
  const auto flat = Dataset(vector({4, 5, 6}), labels);
  CHECK(flat.features() == 1);
  CHECK(to_string(flat.sample_shape()) == "()");
  CHECK(item(flat.sample(2)) == 6);
}

TEST_CASE("dataset: data that does not fit together is refused") {
  const std::vector<Label> two = {0, 1}, negative = {0, -1}, none, high = {0, 7};
  const Bytes bytes(12);
  const auto refused = [&](const std::vector<Label>& labels, data::DatasetInfo info,
                           const std::string& part) {
    info.name = "toys";
    return says(error_of([&] {
                  Dataset::from_bytes(bytes, {2, 3}, labels, info);
                }),
                Kind::input, {"[dataset] \"toys\"", part}) &&
           says(error_of([&] {
                  Dataset(zeros({2, 6}), labels, info);
                }),
                Kind::input, {"[dataset] \"toys\"", part});
  };
  CHECK(refused({0, 1, 0}, {}, "has 2 samples but 3 labels"));
  CHECK(refused({}, {}, "has 2 samples but 0 labels"));
  CHECK(refused(negative, {}, "label -1 at index 1 is negative"));
  CHECK(refused(high, {.classes = 7}, "label 7 at index 1, expected 0 to 6"));
  CHECK(refused(two, {.class_names = {"one"}}, "label 1 at index 1, expected 0 to 0"));
  CHECK(says(error_of([&] {
               Dataset::from_bytes(Bytes(13), {2, 3}, two);
             }),
             Kind::input, {"13 bytes", "(2,3)"}));
  CHECK(says(error_of([&] {
               Dataset::from_bytes({}, {2, 3}, none);
             }),
             Kind::input, {"has no samples"}));
  CHECK(says(error_of([&] { Dataset::from_bytes({}, {2, 0}, two); }), Kind::input, {"(2,0)"}));
  CHECK(says(error_of([&] { Dataset::from_bytes(bytes, {2, 0}, two); }), Kind::input, {"(2,0)"}));
  CHECK(says(error_of([&] { Dataset(zeros({0, 4}), none); }), Kind::input, {"has no samples"}));
  CHECK(says(error_of([&] { Dataset(zeros({2, 0}), two); }), Kind::input, {"(0)"}));
  CHECK(says(error_of([&] { Dataset(scalar(1), two); }), Kind::usage,
             {"\"data\": the inputs are one number", "(n, …)"}));
}

TEST_CASE("dataset: gathering gives the rows in their order, repeated ones too") {
  const auto set = small(30);
  const Rows rows = {29, 0, 7, 7, 12, 3, 3, 3, 28};
  Batch batch;
  set.gather(rows, batch);
  CHECK(batch.size() == rows.size());
  REQUIRE(to_string(batch.inputs->shape()) == "(9,6)");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(batch.labels[i] == static_cast<Label>(rows[i] % 3));
    for (std::size_t v = 0; v < 6; ++v)
      CHECK(same((*batch.inputs)(i, v), byte((7 * rows[i] + v) % 256)));
  }
}

TEST_CASE("dataset: a batch is reused in place, but not under a handle that was kept") {
  const auto set = small(30);
  Batch batch;
  set.gather(Rows{1, 2}, batch);
  const void* first_place = batch.inputs.identity();
  const auto version = batch.inputs.version();
  set.gather(Rows{3, 4}, batch);
  CHECK(batch.inputs.identity() == first_place);
  CHECK(batch.inputs.version() > version);
  CHECK(same((*batch.inputs)(0, 0), byte(21)));

  const SharedTensor kept = batch.inputs;
  const auto kept_version = kept.version();
  set.gather(Rows{5, 6}, batch);
  CHECK(batch.inputs.identity() != kept.identity());
  CHECK(same((*kept)(0, 0), byte(21)));
  CHECK(kept.version() == kept_version);
  CHECK(same((*batch.inputs)(0, 0), byte(35)));

  set.gather(Rows{5, 6, 7}, batch);
  CHECK(to_string(batch.inputs->shape()) == "(3,6)");
  CHECK(batch.labels.size() == 3);
  set.gather(Rows{8}, batch);
  CHECK(to_string(batch.inputs->shape()) == "(1,6)");
  CHECK(batch.labels == Labels{2});
}

TEST_CASE("dataset: gathering in a loop takes nothing from the heap") {
  const auto set = small(30);
  const Rows rows = {4, 9, 1, 20};
  Batch batch;
  set.gather(rows, batch);
  const auto before = memory::stats().heap_calls;
  const Label* labels = batch.labels.data();
  for (int i = 0; i < 100; ++i) set.gather(rows, batch);
  CHECK(memory::stats().heap_calls == before);
  CHECK(batch.labels.data() == labels);
}

TEST_CASE("dataset: gathering into the caller's memory") {
  const auto set = small(30);
  std::vector<Real> images(12, Real(-1));
  std::vector<Label> labels(2, -1);
  set.gather(Rows{2, 10}, images, labels);
  CHECK(same(images[0], byte(14)));
  CHECK(same(images[11], byte(75)));
  CHECK(labels == std::vector<Label>{2, 1});
  CHECK(says(error_of([&] { set.gather(Rows{2}, images, labels); }), Kind::usage,
             {"room for 12 values and 2 labels, expected 6 and 1"}));
  CHECK(says(error_of([&] { set.gather(Rows{2, 3, 4}, images, labels); }), Kind::usage, {"18"}));
}

TEST_CASE("dataset: samples in a file are those in memory, until it is cut short") {
  const TempFolder folder;
  const Bytes bytes = images(20);
  const auto path = folder.write("images", bytes);
  constexpr std::size_t header = 16;
  const Labels labels(20, 1);
  const auto in_file = Dataset::from_bytes(FileBytes(path, "test", header), {2, 3}, labels);
  const auto in_memory =
      Dataset::from_bytes(Bytes(bytes.begin() + header, bytes.end()), {2, 3}, labels);
  const Rows rows{3, 19, 0, 3};
  Batch batch, expected;
  in_file.gather(rows, batch);
  in_memory.gather(rows, expected);
  CHECK(*batch.inputs == *expected.inputs);
  CHECK(in_file.sample(7) == in_memory.sample(7));
  CHECK(in_file.subset(Rows{5, 6, 7}).sample(2) == in_memory.sample(7));

  std::filesystem::resize_file(path, header + 10 * 6);
  in_file.gather(Rows{9, 0}, batch);
  const auto message = {std::string("[test] "), path.string(), std::string("cut short")};
  CHECK(says(error_of([&] { in_file.gather(Rows{9, 10}, batch); }), Kind::input, message));
  CHECK(says(error_of([&] { in_file.sample(10); }), Kind::input, message));
}

TEST_CASE("dataset: large batches are gathered by several threads") {
  constexpr std::size_t n = 700, pixels = 600;  // large enough for several parts
  const TempFolder folder;
  Rng rng(1);
  Bytes bytes(n * pixels);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  const Labels labels(n, 1);
  const auto in_memory = Dataset::from_bytes(bytes, {pixels}, labels);
  const auto in_file =
      Dataset::from_bytes(FileBytes(folder.write("images", bytes), "test", 0), {pixels}, labels);
  Tensor numbers = uninitialized({n, pixels});
  std::transform(bytes.begin(), bytes.end(), numbers.data(), byte);
  const auto of_numbers = Dataset(std::move(numbers), labels);
  Rows rows;
  for (std::size_t i = 0; i < n; ++i) rows.push_back(static_cast<std::uint32_t>(i * 31 % n));
  for (const Dataset* set : {&in_memory, &in_file, &of_numbers})
    for (const std::size_t count : {1u, 2u, 3u}) {
      CAPTURE(count);
      const Threads threads(count);
      Batch batch;
      set->gather(rows, batch);
      bool right = true;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < pixels; ++k)
          right &= same((*batch.inputs)(i, k), byte(bytes[rows[i] * pixels + k]));
      CHECK(right);
    }
}

TEST_CASE("dataset: rows that don't exist are refused, and nothing is written") {
  const auto set = small(5);
  Batch batch;
  set.gather(Rows{1}, batch);
  const auto version = batch.inputs.version();
  CHECK(says(error_of([&] { set.gather(Rows{5}, batch); }), Kind::usage, {"row 5 of 5 samples"}));
  CHECK(says(error_of([&] { set.gather(Rows{}, batch); }), Kind::usage, {"no rows"}));
  CHECK(batch.inputs.version() == version);
  CHECK(batch.labels == Labels{1});
  CHECK(says(error_of([&] { set.label(5); }), Kind::usage, {"row 5"}));
  CHECK(says(error_of([&] { set.sample(5); }), Kind::usage, {"row 5"}));
  CHECK(says(error_of([&] { set.subset(Rows{0, 5}); }), Kind::usage, {"row 5"}));
  CHECK(says(error_of([&] { set.subset(Rows{}); }), Kind::usage, {"no rows"}));
}

TEST_CASE("dataset: a subset of a subset") {
  const auto set = small(30, {.name = "toys", .classes = 9});
  const auto some = set.subset(Rows{20, 5, 5, 11, 3});
  CHECK(some.size() == 5);
  CHECK(some.name() == "toys");
  CHECK(some.classes() == 9);
  CHECK(labels_of(some) == std::vector<Label>{2, 2, 2, 2, 0});
  const auto few = some.subset(Rows{4, 0});
  CHECK(same(few.sample(0)(0, 0), byte(21)));
  CHECK(same(few.sample(1)(0, 0), byte(140)));
  CHECK(few.source_row(0) == 3);
  CHECK(few.source_row(1) == 20);
  CHECK(set.source_row(7) == 7);
  CHECK(says(error_of([&] { few.source_row(2); }), Kind::usage, {"row 2 of 2"}));
  CHECK(says(error_of([&] { few.sample(2); }), Kind::usage, {"row 2 of 2"}));
  Batch batch;
  few.gather(Rows{1, 0}, batch);
  CHECK(same((*batch.inputs)(0, 0), byte(140)));
  CHECK(batch.labels == Labels{2, 0});
}

TEST_CASE("dataset: an empty one") {
  const Dataset nothing;
  CHECK(nothing.size() == 0);
  CHECK(says(error_of([&] { nothing.features(); }), Kind::usage, {"is empty"}));
  CHECK(says(error_of([&] { nothing.sample(0); }), Kind::usage, {"is empty"}));
  Batch batch;
  CHECK(says(error_of([&] { nothing.gather(Rows{}, batch); }), Kind::usage, {"is empty"}));
}

TEST_CASE("split: every sample is on one side, in the original order") {
  std::vector<Label> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto set = Dataset(zeros({100, 2}), numbers);
  Rng rng(7);
  const auto [rest, held_out] = data::split(set, 0.2, rng);
  CHECK(rest.size() == 80);
  CHECK(held_out.size() == 20);
  const auto a = labels_of(rest), b = labels_of(held_out);
  CHECK(std::is_sorted(a.begin(), a.end()));
  CHECK(std::is_sorted(b.begin(), b.end()));
  std::set<Label> all(a.begin(), a.end());
  all.insert(b.begin(), b.end());
  CHECK(all.size() == 100);
  CHECK(rest.classes() == 100);

  Rng again(7), other(8);
  CHECK(labels_of(data::split(set, 0.2, again).held_out) == b);
  CHECK(labels_of(data::split(set, 0.2, again).held_out) != b);
  CHECK(labels_of(data::split(set, 0.2, other).held_out) != b);
}

TEST_CASE("split: sizes are rounded, and no side may be empty") {
  const auto set = small(10);
  Rng rng(1);
  CHECK(data::split(set, 0.25, rng).held_out.size() == 3);
  CHECK(data::split(set, 0.24, rng).held_out.size() == 2);
  CHECK(data::split(set, 0.94, rng).rest.size() == 1);
  CHECK(says(error_of([&] { data::split(set, 0.04, rng); }), Kind::usage, {"0.04", "is 0, "}));
  CHECK(says(error_of([&] { data::split(set, 0.96, rng); }), Kind::usage, {"0.96", "is 10, "}));
  for (const double fraction : {-0.1, 1.0, 2.0, std::nan("")})
    CHECK(says(error_of([&] { data::split(set, fraction, rng); }), Kind::usage,
               {"[split] fraction"}));
  CHECK(says(error_of([&] { data::split({}, 0.5, rng); }), Kind::usage, {"is empty"}));
  const auto state = rng.state();
  const auto [rest, held_out] = data::split(set, 0, rng);
  CHECK(rest.size() == 10);
  CHECK(held_out.size() == 0);
  CHECK(rng.state() == state);
}
