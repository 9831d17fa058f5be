// One body with two heads on 10,000 images of Fashion-MNIST: the class, and the share of dark
// pixels. After eight epochs the body and the first head are frozen, and the second head alone goes
// on learning. On new images: accuracy above 0.82; the error of the share is below a third of its
// standard deviation.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>

using namespace reel;

namespace {

struct TwoHeads : nn::Module {
  nn::Linear body{784, 64}, clothes{64, 10}, share{64, 1};

  std::pair<Var, Var> operator()(const Var& images) const {
    const Var h = relu(body(images));
    return {clothes(h), share(h)};
  }
  void visit(nn::Visitor& v) override { v("body", body), v("clothes", clothes), v("share", share); }
};

// (batch, 1): the share of pixels below a quarter
Tensor dark_share(const Tensor& images) { return mean(Var(images < Real(0.25)), 1, true).value(); }

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
  TwoHeads model;
  nn::init(model, rng);
  optim::Adam adam({{.parameters = model.body.parameters()},
                    {.parameters = model.clothes.parameters()},
                    {.parameters = model.share.parameters(), .lr = 5e-3}},
                   {.lr = 2e-3});
  for (int epoch = 1; epoch <= 12; ++epoch) {
    if (epoch == 9) model.body.freeze(), model.clothes.freeze(), adam.set_lr(1e-3);
    for (const auto& batch : data::batches(train, {.batch_size = 100}, rng)) {
      Tape tape;
      const auto [scores, share] = model(batch.inputs);
      tape.backward(nn::cross_entropy(scores, batch.labels) +
                    10 * squared_error(share, dark_share(*batch.inputs)));
      adam.step();
    }
  }

  const data::Batch batch = test.all();
  const auto [scores, share] = model(batch.inputs);
  train::Metrics metrics({train::accuracy()});
  metrics.add(nn::cross_entropy(scores, batch.labels), scores, batch);
  const double accuracy = metrics["accuracy"];
  const Tensor truth = dark_share(*batch.inputs);
  const double error = std::sqrt(double{squared_error(share, truth).item()});
  const double deviation = standard_deviation(Var(truth)).item();
  std::printf("accuracy %.3f; share of dark pixels: error %.3f, standard deviation %.3f\n",
              accuracy, error, deviation);
  return accuracy > 0.82 && error < deviation / 3 ? 0 : 1;
}
