// A tied autoencoder, 784-32-784, on 10,000 images of Fashion-MNIST: the decoder multiplies by the
// transpose of the encoder's weight. After 10 epochs the mean squared error on new images is below
// a quarter of the variance by pixel, with 32 numbers for an image.
#include <reel/reel.h>

#include <cstdio>
#include <numeric>
#include <vector>

using namespace reel;

namespace {

struct TiedAutoencoder : nn::Module {
  nn::Linear encoder{784, 32};
  Parameter offset{zeros({784})};

  Var forward(const Var& x) const override {
    const Var code = relu(encoder(x));
    return sigmoid(matmul(code, encoder.weight) + offset);
  }
  void visit(nn::Visitor& v) override { v("encoder", encoder), v("offset", offset); }
};

data::Dataset first(const data::Dataset& dataset, std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  return dataset.subset(rows);
}

}  // namespace

int main() {
  const auto images = data::load_mnist(data::default_folder());
  const data::Dataset train = first(images.train, 10'000), test = first(images.test, 2'000);
  Rng rng(1);
  TiedAutoencoder model;
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 3e-3});
  for (int epoch = 1; epoch <= 10; ++epoch)
    for (const auto& batch : data::batches(train, {.batch_size = 100}, rng)) {
      Tape tape;
      tape.backward(squared_error(model(batch.inputs), batch.inputs));
      adam.step();
    }

  const data::Batch batch = test.all();
  const Real error = squared_error(model(batch.inputs), batch.inputs).item();
  const Real spread = mean(variance(Var(batch.inputs), 0)).item();
  std::printf("mean squared error %.4f, variance by pixel %.4f\n", double{error}, double{spread});
  return error < spread / 4 ? 0 : 1;
}
