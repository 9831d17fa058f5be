// A tied autoencoder: the decoder is the transpose of the encoder's weight. Without an activation
// it finds the principal plane, so its error comes down to the noise outside of that plane.
#include <reel/reel.h>

#include <cstdio>
#include <filesystem>

using namespace reel;

struct Tied : nn::Module {
  nn::Linear encoder{8, 2, {.bias = false}};
  Parameter offset{zeros({8})};

  Var forward(const Var& x) const override {
    return affine(encoder(x), transpose(encoder.weight), offset);  // (batch,2) · (2,8)
  }
  void visit(nn::Visitor& v) override { v("encoder", encoder), v("offset", offset); }
};

int main() {
  Rng rng(1);
  const std::size_t n = 500;
  const double noise = 0.1;
  Tensor x = zeros({n, 8});
  for (std::size_t i = 0; i < n; ++i) {
    const double a = rng.normal(), b = rng.normal();
    for (std::size_t j = 0; j < 8; ++j) x(i, j) = Real((j < 4 ? a : b) + 1 + noise * rng.normal());
  }

  Tied model;
  nn::init(model, rng);
  if (model.parameter_count() != 24) return 1;
  optim::Adam adam(model.parameters(), {.lr = 0.02});
  const auto images = data::Dataset(x).autoencoding();
  const auto result = train::fit(model, adam, images, rng, {.epochs = 60});
  if (result.status != train::FitStatus::finished) return 1;

  // 6 of 8 directions are noise only.
  const double error = train::evaluate(model, images).loss, least = noise * noise * 6 / 8;
  std::printf("error %.5f, of the principal plane %.5f\n", error, least);

  // The rows of the weight span the plane, and are orthonormal.
  const Var product = matmul(model.encoder.weight, transpose(model.encoder.weight));
  const Real distance = max(abs(product - matrix({{1, 0}, {0, 1}}))).item();
  std::printf("W·Wᵀ is the identity within %.3f\n", double(distance));

  nn::save_weights(model, "tied_autoencoder.safetensors");
  Tied same;
  nn::load_weights(same, "tied_autoencoder.safetensors");
  std::filesystem::remove("tied_autoencoder.safetensors");
  const bool equal = same(x).value() == model(x).value();
  return error < 1.1 * least && error > 0.8 * least && distance < Real(0.05) && equal ? 0 : 1;
}
