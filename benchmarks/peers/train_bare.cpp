// The training loop of `compare`: the bare loop.
#include <reel/autodiff/gemm.h>
#include <reel/reel.h>

#include "../bare_loop.h"
#include "training.h"

using namespace reel;

int main(int argc, char** argv) {
  const bench::Setting setting = bench::parse_setting(argc, argv);
  const data::Dataset images = data::load_mnist(setting.data).train;
  Rng rng(1);
  nn::Sequential model = nn::mlp(setting.layers, nn::relu);
  nn::init(model, rng);
  std::vector<float> parameters;
  for (const Parameter& p : model.parameters())
    parameters.insert(parameters.end(), p.value().begin(), p.value().end());
  Workers workers(setting.threads);
  BareLoop loop(setting.layers, setting.batch, method_by_name(setting.optimizer),
                static_cast<float>(setting.lr), std::move(parameters), workers);
  return bench::time_epochs(
      setting, concat("bare loop, ", blas_name(), ", threads: ", setting.threads), [&] {
        const auto batches = data::batches(images, {.size = setting.batch, .drop_last = true}, rng);
        double loss = 0;
        for (std::size_t i = 0; i < batches.count(); ++i)
          loss += loop.step(images, batches.rows(i));
        return loss / static_cast<double>(batches.count());
      });
}
