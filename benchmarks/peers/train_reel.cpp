// The training loop of `compare`: Reel.
#include <reel/autodiff/gemm.h>
#include <reel/reel.h>

#include "training.h"

using namespace reel;

namespace {

std::unique_ptr<optim::Optimizer> make_optimizer(const bench::Setting& setting,
                                                 const std::vector<Parameter>& parameters) {
  if (setting.optimizer == "adam")
    return std::make_unique<optim::Adam>(parameters, optim::AdamOptions{.lr = setting.lr});
  const double momentum = setting.optimizer == "momentum" ? 0.9 : 0;
  return std::make_unique<optim::Sgd>(parameters,
                                      optim::SgdOptions{.lr = setting.lr, .momentum = momentum});
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Setting setting = bench::parse_setting(argc, argv);
  const data::Dataset images = data::load_mnist(setting.data).train;
  Rng rng(1);
  nn::Sequential model = nn::mlp(setting.layers, nn::relu);
  nn::init(model, rng);
  const auto optimizer = make_optimizer(setting, model.parameters());
  return bench::time_epochs(
      setting, concat("Reel, ", blas_name(), ", threads: ", setting.threads), [&] {
        const auto result = train::fit(
            model, *optimizer, images, rng,
            {.epochs = 1, .batch = setting.batch, .drop_last = true, .threads = setting.threads});
        return result.epochs.at(0).train_loss;
      });
}
