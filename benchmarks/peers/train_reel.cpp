// The training loop of `compare`: Reel.
#include <reel/autodiff/gemm.h>

#include "../networks.h"
#include "training.h"

using namespace reel;

int main(int argc, char** argv) {
  const bench::Setting setting = bench::parse_setting(argc, argv);
  const bench::Network network{setting.layers, setting.batch, method_by_name(setting.optimizer),
                               setting.lr};
  const data::Dataset images = data::load_mnist(setting.data).train;
  nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  Rng rng(1);
  return bench::time_epochs(
      setting, concat("Reel, ", blas_name(), ", threads: ", setting.threads), [&] {
        const auto result = train::fit(
            model, *optimizer, images, rng,
            {.epochs = 1, .batch = setting.batch, .drop_last = true, .threads = setting.threads});
        return result.epochs.at(0).train_loss;
      });
}
