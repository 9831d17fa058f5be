// The training loop of `compare`: Reel, with a loop as in the README.
#include <reel/autodiff/tensor/gemm.h>

#include "../networks.h"
#include "training.h"

using namespace reel;

int main(int argc, char** argv) {
  const bench::Setting setting = bench::parse_setting(argc, argv);
  const bench::Network network{setting.layers, setting.batch, method_by_name(setting.optimizer),
                               setting.lr};
  const data::Dataset images = data::load_mnist(setting.data).train;
  const nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  Rng rng(1);
  set_threads(setting.threads);
  return bench::time_epochs(
      setting, concat("a loop of one's own, ", blas_name(), ", threads: ", setting.threads), [&] {
        float loss = 0;
        std::size_t steps = 0;
        for (const auto& batch :
             data::batches(images, {.batch_size = setting.batch, .drop_last = true}, rng)) {
          loss += bench::reel_step(model, *optimizer, batch);
          ++steps;
        }
        return loss / static_cast<float>(steps);
      });
}
