// The training loop of `compare`: Reel.
#include <reel/autodiff/tensor/gemm.h>

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
  set_threads(setting.threads);
  bench::EpochTimes times(concat("Reel, ", blas_name(), ", threads: ", setting.threads));
  const auto result = train::fit(
      model, *optimizer, images, rng,
      {.epochs = setting.epochs + 1,
       .batch_size = setting.batch,
       .drop_last = true,
       .on_epoch = [&](const train::EpochReport& report) { times.ended(report.train_loss); }});
  return result.status == train::FitStatus::finished ? 0 : 1;
}
