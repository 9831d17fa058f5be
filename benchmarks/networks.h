// The networks that the benchmarks train, on random images.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <reel/reel.h>

#include "bare_loop.h"

namespace reel::bench {

struct Network {
  std::vector<std::size_t> widths;
  std::size_t batch;
  Method method;
  double lr;

  std::string name() const {
    std::string text;
    for (const std::size_t width : widths)
      text += (text.empty() ? "" : "-") + std::to_string(width);
    constexpr const char* methods[] = {"SGD", "momentum", "Adam"};
    return text + ", batch " + std::to_string(batch) + ", " + methods[static_cast<int>(method)];
  }

  nn::Sequential model() const {
    Rng rng(2);
    nn::Sequential made = nn::mlp(widths, nn::relu);
    nn::init(made, rng);
    return made;
  }

  std::unique_ptr<optim::Optimizer> optimizer(const nn::Module& of) const {
    if (method == Method::adam)
      return std::make_unique<optim::Adam>(of.parameters(), optim::AdamOptions{.lr = lr});
    return std::make_unique<optim::Sgd>(
        of.parameters(),
        optim::SgdOptions{.lr = lr, .momentum = method == Method::momentum ? 0.9 : 0});
  }

  BareLoop bare(const nn::Module& of) const {
    std::vector<float> parameters;
    for (const Parameter& p : of.parameters())
      parameters.insert(parameters.end(), p.value().begin(), p.value().end());
    return BareLoop(widths, batch, method, static_cast<float>(lr), parameters);
  }
};

/// The case study, and three larger ones.
inline const std::vector<Network> networks{
    {{784, 10, 10}, 64, Method::sgd, 0.1},
    {{784, 128, 10}, 64, Method::adam, 0.001},
    {{784, 512, 512, 10}, 128, Method::adam, 0.001},
    {{784, 800, 10}, 128, Method::momentum, 0.05},
};

inline data::Dataset random_images(std::size_t samples, const Shape& shape = {784}) {
  constexpr std::size_t classes = 10;
  Rng rng(1);
  std::vector<std::uint8_t> bytes(samples * element_count(shape));
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(rng.next());
  Labels labels(samples);
  for (Label& l : labels) l = static_cast<Label>(rng.below(classes));
  return data::Dataset::from_bytes(std::move(bytes), shape, labels, {.classes = classes});
}

inline double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}

template <class F>
double seconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// One step as a user would write it; returns the loss.
inline float reel_step(const nn::Module& model, optim::Optimizer& optimizer,
                       const data::Batch& batch) {
  Tape tape;
  const Var loss = nn::cross_entropy(model(batch.inputs), batch.labels);
  tape.backward(loss);
  optimizer.step();
  return loss.item();
}

}  // namespace reel::bench
