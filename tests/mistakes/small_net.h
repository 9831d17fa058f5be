// A small network with its data, for mistakes with networks.
#pragma once

#include <vector>

#include "../nn/models.h"
#include "../special_values.h"

namespace reel {

inline const Tensor images = full({4, 3}, 1);
inline const std::vector<Label> labels = {0, 1, 1, 0};

inline nn::Sequential net() {
  return initialised(nn::Sequential(nn::Linear(3, 5), nn::relu, nn::Linear(5, 2)));
}

inline void backward(const nn::Module& model) {
  Tape tape;
  tape.backward(nn::cross_entropy(model(images), labels));
}

// Two layers, of which `visit` lists the first alone.
struct Forgetful : nn::Module {
  nn::Linear in{3, 5}, out{5, 2};
  Var forward(const Var& x) const override { return out(reel::tanh(in(x))); }
  void visit(nn::Visitor& v) override { v("in", in); }
};

}  // namespace reel
