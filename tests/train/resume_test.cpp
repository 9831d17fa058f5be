// Resuming from files: a run with shuffled batches, every kind of part, and user-defined parts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>
#include <reel/optim/adam.h>
#include <reel/optim/lbfgs.h>
#include <reel/optim/loss_schedule.h>
#include <reel/optim/nadam.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <reel/train/checkpoint.h>
#include <reel/train/fit.h>

#include "../optim/bits.h"
#include "../special_values.h"
#include "../temporary_folder.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using Folder = TemporaryFolder;

// The complete state of a run, and its epochs one by one.
struct SmallRun {
  nn::Sequential model{nn::Linear(2, 8), nn::BatchNorm(8), nn::tanh, nn::Dropout(0.2),
                       nn::Linear(8, 2)};
  Rng rng{3};
  std::unique_ptr<optim::Optimizer> optimizer;
  std::unique_ptr<optim::Schedule> schedule;
  std::unique_ptr<optim::Plateau> plateau;
  std::vector<double> losses;

  explicit SmallRun(std::uint64_t seed) {
    Rng first(seed);
    nn::init(model, first);
    optimizer = std::make_unique<optim::NAdam>(model.parameters(), optim::NAdamOptions{.lr = 0.03});
    schedule = std::make_unique<optim::Schedule>(
        *optimizer, optim::sequence({optim::linear_warm_up(3), optim::cosine(9)}, {3}));
    plateau = std::make_unique<optim::Plateau>(*optimizer, optim::PlateauOptions{.patience = 0});
  }

  void train(int epochs) {
    const data::Dataset dataset = quadrants(50);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      const FitResult result = fit(model, *optimizer, dataset, rng, {.epochs = 1, .batch_size = 8});
      losses.push_back(result.epochs.at(0).train_loss);
      schedule->step();
      plateau->step(losses.back());
    }
  }
  std::string bits() const {
    return reel::bits(*optimizer) + reel::bits(schedule->state()) + reel::bits(plateau->state());
  }
  void save(const Folder& folder) const {
    nn::save_weights(model, folder / "weights");
    save_checkpoint(folder / "state", *optimizer, *schedule, *plateau);
  }
  void load(const Folder& folder) {
    nn::load_weights(model, folder / "weights");
    load_checkpoint(folder / "state", *optimizer, *schedule, *plateau);
  }
};

TEST_CASE("resume: shuffled batches, a schedule and a plateau end in the same bits") {
  for (const int stop : {0, 1, 4, 7}) {
    CAPTURE(stop);
    const Folder folder;
    SmallRun whole(1), first(1), second(2);
    whole.train(8);
    first.train(stop);
    first.save(folder);
    second.train(1);  // its earlier state is overwritten
    second.load(folder);
    CHECK(second.bits() == first.bits());
    second.rng = Rng(first.rng.state());
    second.losses = first.losses;
    second.train(8 - stop);
    CHECK(second.bits() == whole.bits());
    CHECK(second.losses == whole.losses);
    CHECK(folder.files() == 2);
  }
}

TEST_CASE("resume: equal states make equal files, and saving changes nothing") {
  const Folder folder;
  SmallRun run(1);
  run.train(2);
  const std::string before = run.bits();
  run.save(folder);
  CHECK(run.bits() == before);
  const auto read = [&] { return read_file(folder / "state", "test", 1 << 20); };
  const std::string bytes = read();
  SmallRun other(2);
  other.load(folder);
  other.save(folder);
  CHECK(read() == bytes);
}

TEST_CASE("resume: more than ten parts, each its own") {
  const Folder folder;
  using Parts = std::vector<std::unique_ptr<optim::Sgd>>;
  const auto make = [](double lr) {
    Parts parts;
    for (int i = 0; i < 12; ++i) {
      parts.push_back(
          std::make_unique<optim::Sgd>(std::vector{Parameter(vector({1, 2}))},
                                       optim::SgdOptions{.lr = lr + lr * i, .momentum = 0.5}));
      Parameter p = parts.back()->parameters()[0];
      p.set_gradient(vector({static_cast<Real>(lr), static_cast<Real>(i)}));
      parts.back()->step();
    }
    return parts;
  };
  const Parts saved = make(0.5), loaded = make(0.25);
  const auto each = [&](const Parts& parts, auto&& f) {
    f(folder / "state", *parts[0], *parts[1], *parts[2], *parts[3], *parts[4], *parts[5], *parts[6],
      *parts[7], *parts[8], *parts[9], *parts[10], *parts[11]);
  };
  each(saved, [](const auto&... all) { save_checkpoint(all...); });
  each(loaded, [](const auto& path, auto&... all) { load_checkpoint(path, all...); });
  for (std::size_t i = 0; i < 12; ++i) {
    CAPTURE(i);
    CHECK(bits(loaded[i]->state()) == bits(saved[i]->state()));
  }
}

TEST_CASE("resume: parts of every kind, with numbers that are none") {
  const Folder folder;
  const auto make = [](double lr) {
    struct All {
      Parameter p{vector({1, -2})};
      optim::Adam adam;
      optim::Plateau plateau;
      optim::Steady steady;
      optim::Lbfgs lbfgs;
      explicit All(double rate)
          : adam({p}, {.lr = rate}), plateau(adam), steady(adam, {.window = 4}), lbfgs({p}) {}
    };
    return std::make_unique<All>(lr);
  };
  const auto a = make(0.1), b = make(0.2);
  Parameter p = a->p;
  p.set_gradient(vector({Real(nan), -std::numeric_limits<Real>::infinity()}));
  a->adam.step();
  a->steady.step(3);
  a->steady.step(0.1);
  p.set_value(vector({1, -2}));
  a->lbfgs.step([&] {
    p.set_gradient(p.value());
    return (p.value()(0) * p.value()(0) + p.value()(1) * p.value()(1)) / 2;
  });
  CHECK(a->plateau.state().number("best") == std::numeric_limits<double>::infinity());
  b->plateau.step(1);
  save_checkpoint(folder / "state", a->plateau, a->lbfgs, a->adam, a->steady);
  load_checkpoint(folder / "state", b->plateau, b->lbfgs, b->adam, b->steady);
  CHECK(bits(b->plateau.state()) == bits(a->plateau.state()));
  CHECK(bits(b->lbfgs.state()) == bits(a->lbfgs.state()));
  CHECK(bits(b->adam.state()) == bits(a->adam.state()));
  CHECK(bits(b->steady.state()) == bits(a->steady.state()));
}

// A part that counts; it throws its own exception for odd numbers.
struct Counter : Stateful {
  double count;
  int set = 0;

  explicit Counter(double start) : count(start) {}
  optim::State state() const override {
    optim::State state{"counter"};
    state.put("kind", count);  // these names are allowed too
    state.put("parts", 7);
    state.tensors["kind"] = scalar(static_cast<Real>(count));
    return state;
  }
  void set_state(const optim::State& state) override {
    state.expect_kind("counter");
    const double number = state.number("kind");
    if (number < 0) throw std::runtime_error("negative");
    CHECK(state.fields.size() == 2);
    CHECK(item(state.tensor("kind", {})) == static_cast<Real>(number));
    count = number;
    ++set;
  }
};

TEST_CASE("resume: a user's own parts, and one that throws what it likes") {
  const Folder folder;
  Counter one(1), two(2), three(3);
  save_checkpoint(folder / "state", one, two, three);
  Counter a(10), b(20), c(30);
  load_checkpoint(folder / "state", a, b, c);
  CHECK(a.count == 1);
  CHECK(b.count == 2);
  CHECK(c.count == 3);

  two.count = -2;
  save_checkpoint(folder / "bad", three, two, one);
  CHECK_THROWS_WITH_AS(load_checkpoint(folder / "bad", a, b, c), "negative", std::runtime_error);
  CHECK(a.count == 1);
  CHECK(b.count == 2);
  CHECK(c.count == 3);
  CHECK(a.set == 3);  // set, and set back
  CHECK(b.set == 1);
  CHECK(c.set == 1);

  save_checkpoint(folder / "nothing");
  load_checkpoint(folder / "nothing");
}

// The message after the name of the file.
template <class... Parts>
std::string refusal(const std::filesystem::path& path, Parts&... parts) {
  try {
    load_checkpoint(path, parts...);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::input);
    const std::string message = error.what(), start = concat("[checkpoint] ", path.string(), ": ");
    CHECK(message.starts_with(start));
    return message.substr(std::min(start.size(), message.size()));
  }
  return "";
}

TEST_CASE("resume: a file that does not fit is named, with the clash") {
  const Folder folder;
  SmallRun run(1), other(2);
  run.train(2);
  run.save(folder);
  const std::string before = other.bits();
  const nn::SafeTensors good = nn::load_safetensors(folder / "state");
  const auto refused = [&](const nn::SafeTensors& file) {
    nn::save_safetensors(folder / "bad", file);
    const std::string message =
        refusal(folder / "bad", *other.optimizer, *other.schedule, *other.plateau);
    CHECK(other.bits() == before);
    return message;
  };
  // each missing tensor and each missing number, also in the last part
  for (std::size_t i = 0; i < good.tensors.size(); ++i) {
    nn::SafeTensors bad = good;
    bad.tensors.erase(bad.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(refused(bad) ==
          concat("[nadam] the state has no tensor \"", good.tensors[i].name.substr(2), "\"."));
  }
  for (const auto& field : good.metadata) {
    const std::string& name = field.first;
    CAPTURE(name);
    nn::SafeTensors without = good, wrong = good;
    without.metadata.erase(name);
    const std::string expected =
        name == "parts" ? "holds no checkpoint"
                        : concat("the state has no \"", name.substr(name.find('.') + 1), "\".");
    CHECK(refused(without).find(expected) != std::string::npos);
    wrong.metadata[name] = "x";
    CHECK(refused(wrong) != "");
  }
  CHECK(refused({}) == "holds no checkpoint.");
  CHECK(
      refusal(folder / "weights", *other.optimizer) ==
      "holds no checkpoint, but the tensors \"0.weight\", \"0.bias\", "
      "\"1.weight\", \"1.bias\", … (4 more). Hint: nn::load_weights reads the weights of a model.");
  CHECK_ERROR(": holds a checkpoint, not the weights of a model alone. Hint: ",
              nn::load_weights(other.model, folder / "state"));
  CHECK(refusal(folder / "state", *other.optimizer) == "[checkpoint] it has 3 parts, expected 1.");
  CHECK(refusal(folder / "state") == "[checkpoint] it has 3 parts, expected 0.");
  Counter counter(1);
  CHECK(refusal(folder / "state", *other.optimizer, *other.schedule, *other.plateau, counter) ==
        "[checkpoint] it has 3 parts, expected 4.");
  CHECK(refusal(folder / "state", *other.optimizer, *other.plateau, *other.schedule) ==
        "[plateau] was given a state of \"schedule\".");
  CHECK(other.bits() == before);
}

TEST_CASE("resume: a state that can't be written leaves the old one") {
  const Folder folder;
  SmallRun run(1);
  run.train(1);
  run.save(folder);
  const std::string bytes = read_file(folder / "state", "test", 1 << 20);
  std::filesystem::create_directory(folder / "taken");
  for (const auto& path : {folder / "none" / "state", folder / "taken"}) {
    CAPTURE(path.string());
    try {
      save_checkpoint(path, *run.optimizer);
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::system);
      CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    }
  }
  CHECK(read_file(folder / "state", "test", 1 << 20) == bytes);
  CHECK(folder.files() == 3);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
