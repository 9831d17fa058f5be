// Writes random networks in every format, each with inputs and Reel's outputs. Arguments: a folder,
// the number of networks.
#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/exchange/c.h>
#include <reel/exchange/npy.h>
#include <reel/exchange/onnx.h>
#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

namespace reel {
namespace {

std::size_t up_to(Rng& rng, std::size_t most) {
  return 1 + static_cast<std::size_t>(rng.uniform() * static_cast<double>(most));
}

void randomise(Tensor& tensor, Rng& rng, double low, double high) {
  for (Real& x : tensor) x = static_cast<Real>(rng.uniform(low, high));
}

void randomise(Parameter& parameter, Rng& rng, double low, double high) {
  randomise(parameter.mutate(), rng, low, high);
}

// One to four layers of 1 to 64 units, with each kind of part; network i has activation i of all.
nn::Sequential random_network(std::size_t index, Rng& rng) {
  const auto activations = nn::activations();
  nn::Sequential model;
  std::size_t width = up_to(rng, 64);
  const std::size_t layers = up_to(rng, 4);
  for (std::size_t i = 0; i < layers; ++i) {
    const std::size_t next = up_to(rng, 64);
    nn::Linear linear(width, next, {.bias = rng.uniform() < 0.8});
    linear.reset(nn::Init::he_normal, rng);
    if (linear.bias) randomise(linear.bias, rng, -1, 1);
    model.add(std::move(linear));
    width = next;
    if (rng.uniform() < 0.4) {
      nn::BatchNorm norm(width);
      randomise(norm.weight, rng, 0.5, 2);
      randomise(norm.bias, rng, -1, 1);
      randomise(norm.running_mean, rng, -1, 1);
      randomise(norm.running_var, rng, 0.5, 2);
      model.add(std::move(norm));
    }
    if (width > 4 && rng.uniform() < 0.3) {
      nn::LayerNorm norm(width, {.affine = rng.uniform() < 0.7});
      if (norm.weight) randomise(norm.weight, rng, 0.5, 2);
      model.add(std::move(norm));
    }
    if (i + 1 < layers || index % 2 == 0) model.add(activations[(index + i) % activations.size()]);
    if (rng.uniform() < 0.4) model.add(nn::Dropout(0.3));
  }
  model.eval();
  return model;
}

std::vector<Real> numbers(const Tensor& tensor) { return {tensor.begin(), tensor.end()}; }

void write(const std::filesystem::path& folder, std::size_t index) {
  Rng rng(index);
  nn::Sequential model = random_network(index, rng);
  const std::string name = "network_" + std::to_string(index);
  exchange::write_onnx(folder / (name + ".onnx"), model, {.softmax = true});
  exchange::write_c(folder / (name + ".c"), model);
  exchange::write_c(folder / (name + "_int8.c"), model, {.int8 = true, .name = name + "_int8"});
  // names that the file uses otherwise
  const std::array other_names{"output", "input", "i", "x", "w", "largest", "NAME", "affine"};
  if (index < other_names.size())
    exchange::write_c(folder / (name + "_named.c"), model, {.name = other_names[index]});
  exchange::write_npy(folder / name, model);
  constexpr std::size_t batch = 5;
  Tensor x = zeros({batch, model.get<nn::Linear>(0).in()});
  randomise(x, rng, -2, 2);
  const Tensor y = model(x).value();
  std::ofstream(folder / (name + ".json"))
      << nlohmann::json{{"batch", batch}, {"images", numbers(x)}, {"logits", numbers(y)}};
}

}  // namespace
}  // namespace reel

int main(int, char** arguments) {
  std::filesystem::create_directories(arguments[1]);
  const std::size_t count = std::stoul(arguments[2]);
  for (std::size_t i = 0; i < count; ++i) reel::write(arguments[1], i);
}
