// Two inputs, two heads, a layer that both inputs share, a frozen layer, and groups with different
// rates, in a loop of its own. Each group moves by its own rate, the frozen layer keeps its bits,
// and both heads learn: which of two points is farther out, and how far apart they are.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>

using namespace reel;

struct Pair : nn::Module {
  nn::Linear features{2, 32};  // frozen: random features
  nn::Linear shared{32, 32};
  nn::Linear farther{64, 2}, distance{32, 1};

  struct Outputs {
    Var farther, distance;
  };
  Outputs operator()(const Var& a, const Var& b) const {
    const auto read = [&](const Var& x) { return relu(shared(tanh(features(x)))); };
    const Var of_a = read(a), of_b = read(b);
    return {farther(concatenate({of_a, of_b}, 1)), distance(abs(of_a - of_b))};
  }
  void visit(nn::Visitor& v) override {
    v("features", features), v("shared", shared), v("farther", farther), v("distance", distance);
  }
};

struct Points {
  Tensor a, b, distance;
  Labels farther;
};

Points draw(std::size_t n, Rng& rng) {
  Points p{zeros({n, 2}), zeros({n, 2}), zeros({n, 1}), Labels(n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      p.a(i, j) = Real(rng.uniform(-1, 1)), p.b(i, j) = Real(rng.uniform(-1, 1));
    }
    p.distance(i, 0) = std::hypot(p.a(i, 0) - p.b(i, 0), p.a(i, 1) - p.b(i, 1));
    p.farther[i] = std::hypot(p.b(i, 0), p.b(i, 1)) > std::hypot(p.a(i, 0), p.a(i, 1));
  }
  return p;
}

// The largest difference between the step that was taken and rate·gradient.
Real step_error(const Parameter& p, const Tensor& before, const Tensor& gradient, Real rate) {
  return max(abs(before - p - rate * Var(gradient))).item();
}

int main() {
  Rng rng(1);
  const Points points = draw(1000, rng), test = draw(500, rng);
  Pair model;
  nn::init(model, rng);
  model.features.freeze();
  const Tensor frozen = model.features.weight.value();

  const auto loss = [&](const Points& p) {
    const auto [farther, distance] = model(p.a, p.b);
    return nn::cross_entropy(farther, p.farther) + 5 * squared_error(distance, p.distance);
  };

  {
    optim::Sgd sgd({{.parameters = model.shared.parameters(), .lr = 0.01},
                    {.parameters = model.farther.parameters()}},
                   {.lr = 0.5});
    const Tensor shared = model.shared.weight.value(), head = model.farther.weight.value();
    Tape tape;
    tape.backward(loss(points));
    const Tensor g_shared = *model.shared.weight.gradient(),
                 g_head = *model.farther.weight.gradient();
    sgd.step();
    if (step_error(model.shared.weight, shared, g_shared, Real(0.01)) > Real(1e-6)) return 1;
    if (step_error(model.farther.weight, head, g_head, Real(0.5)) > Real(1e-6)) return 1;
  }

  std::vector<Parameter> heads = model.farther.parameters();
  for (const Parameter& p : model.distance.parameters()) heads.push_back(p);
  optim::Adam adam({{.parameters = model.shared.parameters(), .lr = 0.003}, {.parameters = heads}},
                   {.lr = 0.01});
  for (int step = 0; step < 400; ++step) {
    Tape tape;
    tape.backward(loss(points));
    adam.step();
  }

  const auto [farther, distance] = model(test.a, test.b);
  const Labels predicted = train::predicted_classes(farther.value());
  std::size_t right = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) right += predicted[i] == test.farther[i];
  const double accuracy = double(right) / double(predicted.size());
  const Real error = absolute_error(distance, test.distance).item();
  std::printf("farther: %.3f right; distance: mean error %.3f\n", accuracy, double(error));
  const bool kept = model.features.weight.value() == frozen && !model.features.weight.gradient();
  return kept && accuracy > 0.9 && error < Real(0.1) ? 0 : 1;
}
