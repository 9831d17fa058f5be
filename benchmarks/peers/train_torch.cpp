// The training loop of `compare`: libtorch, as its users would write it, with the images as bytes.
#include <torch/torch.h>
#include <zlib.h>

#include <memory>
#include <stdexcept>

#include "training.h"

namespace {

// The elements after the header of a gzipped or plain IDX file.
torch::Tensor read_idx(const std::string& folder, const std::string& name, int64_t header) {
  std::string path = folder + "/" + name;
  gzFile file = gzopen((path + ".gz").c_str(), "rb");
  if (!file) file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> block(1 << 20);
  for (int n; (n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;)
    bytes.insert(bytes.end(), block.begin(), block.begin() + n);
  gzclose(file);
  return torch::tensor(at::ArrayRef<uint8_t>(bytes).slice(static_cast<size_t>(header)));
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const reel::bench::Setting& setting,
                                                        std::vector<torch::Tensor> parameters) {
  if (setting.optimizer == "adam")
    return std::make_unique<torch::optim::Adam>(std::move(parameters),
                                                torch::optim::AdamOptions(setting.lr));
  return std::make_unique<torch::optim::SGD>(
      std::move(parameters),
      torch::optim::SGDOptions(setting.lr).momentum(setting.optimizer == "momentum" ? 0.9 : 0));
}

}  // namespace

int main(int argc, char** argv) {
  const auto setting = reel::bench::parse_setting(argc, argv);
  at::set_num_threads(static_cast<int>(setting.threads));
  at::globalContext().setFlushDenormal(true);  // as Reel does
  torch::manual_seed(1);
  const auto labels = read_idx(setting.data, "train-labels-idx1-ubyte", 8).to(torch::kInt64);
  const auto images =
      read_idx(setting.data, "train-images-idx3-ubyte", 16).view({labels.size(0), -1});
  torch::nn::Sequential model;
  for (size_t l = 0; l + 1 < setting.layers.size(); ++l) {
    if (l > 0) model->push_back(torch::nn::ReLU());
    model->push_back(torch::nn::Linear(setting.layers[l], setting.layers[l + 1]));
  }
  const auto optimizer = make_optimizer(setting, model->parameters());
  const auto batch = static_cast<int64_t>(setting.batch);
  return reel::bench::time_epochs(
      setting,
      std::string("libtorch ") + TORCH_VERSION + ", threads: " + std::to_string(setting.threads),
      [&] {
        const auto order = torch::randperm(images.size(0));
        double loss_sum = 0;
        int64_t count = 0;
        for (int64_t i = 0; i + batch <= images.size(0); i += batch, ++count) {
          const auto rows = order.narrow(0, i, batch);
          const auto x = images.index_select(0, rows).to(torch::kFloat).div_(255);
          const auto loss =
              torch::nn::functional::cross_entropy(model->forward(x), labels.index_select(0, rows));
          optimizer->zero_grad();
          loss.backward();
          optimizer->step();
          loss_sum += loss.item<double>();
        }
        return loss_sum / static_cast<double>(count);
      });
}
