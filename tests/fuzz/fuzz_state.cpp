// States of optimisers, schedules and parts of training: correct ones with changes; a refused one
// must change nothing.
#include <reel/autodiff/core/file.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/nn/linear.h>
#include <reel/optim/adam.h>
#include <reel/optim/lbfgs.h>
#include <reel/optim/loss_schedule.h>
#include <reel/optim/schedule.h>
#include <reel/train/checkpoint.h>
#include <reel/train/early_stopping.h>
#include <reel/train/weight_average.h>

#include "fuzz.h"

using namespace reel;

namespace {

struct Parts {
  Parameter w{vector({1, 2}), "w"};
  optim::Adam adam{{w}, {.lr = 0.1}};
  optim::Schedule schedule{adam, optim::cosine(10)};
  optim::Plateau plateau{adam};
  optim::Steady steady{adam, {.window = 3}};
  optim::Lbfgs lbfgs{{w}, {.history = 2}};
  nn::Linear model = [] {
    nn::Linear linear(2, 1);
    Rng rng(1);
    nn::init(linear, rng);
    return linear;
  }();
  train::WeightAverage average{model};
  train::EarlyStopping early;

  Parts() {  // a few steps, so that there is some state
    const auto differentiate = [&] {
      Tape tape;
      const Var loss = sum(square(square(Var(w))));
      tape.backward(loss);
      return static_cast<double>(loss.item());
    };
    for (int i = 0; i < 2; ++i) {
      differentiate();
      adam.step();
      schedule.step();
      steady.step(1.0 / (i + 1));
    }
    lbfgs.step(differentiate);
    average.update(model);
    early.step(model, {.loss = 1}, 1);
  }
  void save(const std::filesystem::path& path) const {
    train::save_checkpoint(path, adam, schedule, plateau, steady, lbfgs, average, early);
  }
  void load(const std::filesystem::path& path) {
    train::load_checkpoint(path, adam, schedule, plateau, steady, lbfgs, average, early);
  }
  std::string bytes() const {
    const auto path = fuzz::file_with("");
    save(path);
    return read_file(path, "fuzz", 1 << 20);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Parts parts;
  static const std::string right = parts.bytes();
  const auto path = fuzz::file_with(fuzz::changed_safetensors(right, {data, size}));
  if (fuzz::reads([&] { parts.load(path); })) parts.load(fuzz::file_with(right));
  fuzz::require(parts.bytes() == right, "a state that is refused changes nothing");
  return 0;
}
