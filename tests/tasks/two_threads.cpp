// Clothes on the pictures of Fashion-MNIST: after a short training, two threads predict with one
// const model, and both get the classes that evaluate counts. More than 75 % are right.
#include <reel/reel.h>

#include <iostream>
#include <sstream>
#include <string>
#include <thread>

using namespace reel;

Labels predict(const nn::Sequential& model, const Tensor& images) {
  return train::predicted_classes(model(images).value());
}

int main() {
  const auto fashion = data::load_mnist(data::default_folder());
  Rng rng(1);
  const auto images = data::split(fashion.train, 0.1, rng).held_out;
  nn::Sequential model(nn::Linear(784, 32), nn::relu, nn::Linear(32, 10));
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 3e-3});
  const auto result = train::fit(model, adam, images, rng, {.epochs = 3});
  if (result.status != train::FitStatus::finished) return 1;
  model.eval();

  const nn::Sequential& fixed = model;
  std::ostringstream text;
  text << fixed;
  std::cout << text.str();
  if (text.str().find("Linear(784, 32)") == std::string::npos) return 1;

  const data::Batch test = fashion.test.all();
  const std::size_t half = test.size() / 2;
  const Tensor halves[] = {slice(test.inputs, 0, 0, half).value(),
                           slice(test.inputs, 0, half, test.size()).value()};
  Labels classes[2];
  std::thread first([&] { classes[0] = predict(fixed, halves[0]); });
  std::thread second([&] { classes[1] = predict(fixed, halves[1]); });
  first.join(), second.join();

  std::size_t right = 0;
  for (std::size_t i = 0; i < test.size(); ++i)
    right += (i < half ? classes[0][i] : classes[1][i - half]) == test.labels[i];
  const double accuracy = double(right) / double(test.size());
  std::cout << accuracy << " of " << test.size() << " are right\n";
  return accuracy > 0.75 && accuracy == train::evaluate(model, fashion.test).accuracy() ? 0 : 1;
}
