// Weights that PyTorch has written, of an MLP with batch norm: the predictions are PyTorch's.
#include <reel/reel.h>

#include <cstdio>
#include <filesystem>

using namespace reel;

int main() {
  const auto folder = std::filesystem::path(REEL_SOURCE_DIR) / "tests/golden/torch";
  nn::Sequential model(nn::Linear(4, 6), nn::BatchNorm(6), nn::relu, nn::Linear(6, 5),
                       nn::BatchNorm(5, {.eps = 1e-3}), nn::tanh, nn::Linear(5, 3));
  const auto report = nn::load_weights(model, folder / "batch-norm.F32.safetensors");
  std::printf("%s\n", report.describe().c_str());
  if (report.loaded.size() != 14 || !report.missing.empty() || !report.unexpected.empty()) return 1;

  Tensor input, output;
  for (const auto& tensor :
       nn::load_safetensors(folder / "batch-norm.F32.cases.safetensors").tensors)
    (tensor.name == "input" ? input : output) = tensor.value;

  const auto error = [&] {
    return max(abs(model(input) - output)).item() / max(abs(Var(output))).item();
  };
  model.eval();
  const Real in_evaluation = error();
  std::printf("%zu rows, largest difference %.1e\n", input.shape()[0], double(in_evaluation));
  const bool classes =
      train::predicted_classes(model(input).value()) == train::predicted_classes(output);

  // In training mode, batch norm uses the batch: the numbers must differ.
  model.train();
  return in_evaluation < Real(1e-6) && classes && error() > Real(1e-2) ? 0 : 1;
}
