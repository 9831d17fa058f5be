// The training loop of `compare`: the bare loop.
#include <reel/autodiff/tensor/gemm.h>

#include "../networks.h"
#include "training.h"

using namespace reel;

int main(int argc, char** argv) {
  const bench::Setting setting = bench::parse_setting(argc, argv);
  const bench::Network network{setting.layers, setting.batch, method_by_name(setting.optimizer),
                               setting.lr};
  const data::Dataset images = data::load_mnist(setting.data).train;
  set_threads(setting.threads);
  BareLoop loop = network.bare(network.model());
  Rng rng(1);
  return bench::time_epochs(
      setting, concat("bare loop, ", blas_name(), ", threads: ", setting.threads), [&] {
        return loop.epoch(
            data::batches(images, {.batch_size = setting.batch, .drop_last = true}, rng));
      });
}
