// Modules and functions, one after the other.
#include <reel/nn/sequential.h>

#include <typeinfo>

#include <reel/nn/linear.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

Var Sequential::forward(const Var& x) const {
  Var y = x;
  for (const auto& layer : layers_) y = layer->module()(y);
  return y;
}

void Sequential::plan(Plan& plan) const {
  if (typeid(*this) != typeid(Sequential)) return Module::plan(plan);  // with a forward of its own
  for (const auto& layer : layers_) layer->module().plan(plan);
}

void Sequential::visit(Visitor& v) {
  for (std::size_t i = 0; i < layers_.size(); ++i) v(std::to_string(i), layers_[i]->module());
}

Sequential Sequential::clone() const {
  Sequential copy;
  for (const auto& layer : layers_) copy.layers_.push_back(layer->clone());
  return copy;
}

Module& Sequential::operator[](std::size_t i) {
  if (i >= size()) fail_usage("sequential", "has ", size(), " layers, there is no layer ", i, '.');
  return layers_[i]->module();
}

Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation) {
  if (widths.size() < 2) fail_usage("mlp", "takes at least two widths, got ", widths.size(), '.');
  Sequential model;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    if (i > 0) model.add(activation);
    model.add(Linear(widths[i], widths[i + 1]));
  }
  return model;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
