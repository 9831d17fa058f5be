// Modules and functions, one after the other.
#include <reel/nn/sequential.h>

#include <typeinfo>

#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/nn/plan.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

bool Function::is(Var (*f)(const Var&)) const {
  const auto* const held = function_.target<Var (*)(const Var&)>();
  return held && *held == f;
}

// The Linear in place i if a relu follows, and no class derived from either; else null.
const Linear* Sequential::linear_before_relu(std::size_t i) const {
  if (i + 1 >= size()) return nullptr;
  const Module &layer = layers_[i]->module(), &next = layers_[i + 1]->module();
  if (typeid(layer) != typeid(Linear) || typeid(next) != typeid(Function)) return nullptr;
  return static_cast<const Function&>(next).is(&reel::relu) ? &static_cast<const Linear&>(layer)
                                                            : nullptr;
}

Var Sequential::forward(const Var& x) const {
  Var y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    if (const Linear* const linear = linear_before_relu(i)) {
      y = linear->forward_relu(y);
      ++i;
    } else {
      y = layers_[i]->module()(y);
    }
  }
  return y;
}

void Sequential::plan(Plan& plan) const {
  if (typeid(*this) != typeid(Sequential)) return Module::plan(plan);  // with a forward of its own
  for (std::size_t i = 0; i < size(); ++i) {
    if (const Linear* const linear = linear_before_relu(i)) {
      plan.add(*linear, true);
      ++i;
    } else {
      layers_[i]->module().plan(plan);
    }
  }
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

Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation,
               const MlpOptions& options) {
  if (widths.size() < 2) fail_usage("mlp", "takes at least two widths, got ", widths.size(), '.');
  const auto dropout = [&] { return Dropout(options.dropout); };
  static_cast<void>(dropout());  // checks it, if there are no hidden layers as well
  Sequential model;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    model.add(Linear(widths[i], widths[i + 1]));
    if (i + 2 == widths.size()) break;
    if (options.batch_norm) model.add(BatchNorm(widths[i + 1]));
    model.add(activation);
    if (options.dropout != 0) model.add(dropout());
  }
  return model;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
