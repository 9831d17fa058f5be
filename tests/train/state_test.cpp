// States in files: a run that was stopped and resumed, and files that don't fit.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/data/dataset.h>
#include <reel/nn/activations.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>
#include <reel/optim/adam.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <reel/train/state.h>

#include "../optim/bits.h"
#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

struct Training {
  nn::Sequential model{nn::Linear(3, 5), nn::tanh, nn::Linear(5, 2)};
  optim::Adam adam;
  optim::Schedule schedule;

  Training()
      : adam([this] {
          Rng rng(1);
          nn::init(model, rng);
          return model.parameters();
        }()),
        schedule(adam, optim::cosine(20)) {}

  void run(int from, int to) {
    const Labels labels{0, 1, 0};
    for (int t = from; t < to; ++t) {
      const Real shift = static_cast<Real>(t) / 7;
      Tape tape;
      tape.backward(nn::cross_entropy(
          model(matrix({{shift, 1, -1}, {2, -shift, 0.5}, {1, 1, shift}})), labels));
      adam.step();
      schedule.step();
    }
  }
};

TEST_CASE("state files: a run that was stopped and resumed ends in the same bits") {
  const TemporaryFolder folder;
  Training whole;
  whole.run(0, 15);
  {
    Training first;
    first.run(0, 6);
    nn::save_weights(first.model, folder / "weights");
    save_state(folder / "state", first.adam, first.schedule);
  }
  Training second;
  nn::load_weights(second.model, folder / "weights");
  load_state(folder / "state", second.adam, second.schedule);
  CHECK(second.schedule.t() == 6);
  second.run(6, 15);
  CHECK(bits(second.adam) == bits(whole.adam));
  CHECK(bits(second.schedule.state()) == bits(whole.schedule.state()));
}

TEST_CASE(
    "state files: what is missing, broken or of something else leaves all parts as they are") {
  const TemporaryFolder folder;
  Training saved;
  saved.run(0, 4);
  save_state(folder / "good", saved.adam, saved.schedule);
  Training other;
  other.run(0, 2);
  const std::string before = bits(other.adam) + bits(other.schedule.state());
  const auto refuses = [&](const char* text, auto&& load) {
    CAPTURE(text);
    try {
      load();
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::input);
      const std::string message = error.what();
      CHECK_MESSAGE(message.find(text) != std::string::npos, message);
      CHECK(message.find('\n') == std::string::npos);
    }
    CHECK(bits(other.adam) + bits(other.schedule.state()) == before);
  };
  refuses("none", [&] { load_state(folder / "none", other.adam, other.schedule); });
  refuses("parts", [&] { load_state(folder / "good", other.adam); });
  refuses("adam", [&] { load_state(folder / "good", other.schedule, other.adam); });
  optim::Sgd sgd(other.model.parameters(), {.lr = 1});
  refuses("sgd", [&] { load_state(folder / "good", sgd, other.schedule); });

  // the first part fits, the second does not
  optim::Sgd two_groups({{.parameters = {other.model.parameters()[0]}},
                         {.parameters = {other.model.parameters()[1]}}},
                        {.lr = 1});
  optim::Schedule of_two(two_groups, optim::cosine(3));
  refuses("groups", [&] { load_state(folder / "good", other.adam, of_two); });

  std::ifstream file(folder / "good", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() > 100);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
    std::ofstream(folder / "cut", std::ios::binary).write(bytes.data(), std::streamsize(size));
    refuses("cut", [&] { load_state(folder / "cut", other.adam, other.schedule); });
  }
}

TEST_CASE("state files: one that can't be written") {
  const TemporaryFolder folder;
  Training training;
  try {
    save_state(folder / "no" / "state", training.adam);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::system);
  }
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
