// Modules and functions, one after the other.
#include <reel/nn/sequential.h>

#include <typeinfo>
#include <utility>

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

void Sequential::append(std::unique_ptr<HolderBase> layer) {
  if (!layers_.empty() && layer->is_relu()) {
    Part& before = layers_.back();
    before.before_relu = before.layer->linear();
  }
  layers_.push_back({std::move(layer)});
  name_parts();
}

Var Sequential::forward(const Var& x) const {
  Var y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto& [layer, before_relu] = layers_[i];
    y = before_relu ? before_relu->forward_relu(y) : layer->module()(y);
    if (before_relu) ++i;
  }
  return y;
}

void Sequential::plan(Plan& plan) const {
  if (typeid(*this) != typeid(Sequential)) return Module::plan(plan);  // it has its own forward
  for (std::size_t i = 0; i < size(); ++i) {
    const auto& [layer, before_relu] = layers_[i];
    if (const Linear* const linear = layer->linear())
      plan.add(*linear, before_relu != nullptr);
    else
      layer->module().plan(plan);
    if (before_relu) ++i;
  }
}

void Sequential::visit(Visitor& v) {
  for (std::size_t i = 0; i < layers_.size(); ++i) v(std::to_string(i), layers_[i].layer->module());
}

Sequential Sequential::clone() const {
  Sequential copy;
  for (const Part& part : layers_) copy.append(part.layer->clone());
  return copy;
}

const Module& Sequential::operator[](std::size_t i) const {
  return (*const_cast<Sequential*>(this))[i];
}

void Sequential::fail_type(std::size_t i) const {
  fail_usage("sequential", "layer ", i, " is ", (*this)[i].describe(), ", another type.");
}

Module& Sequential::operator[](std::size_t i) {
  if (i >= size()) fail_usage("sequential", "has ", size(), " layers, there is no layer ", i, '.');
  return layers_[i].layer->module();
}

Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation,
               const MlpOptions& options) {
  if (widths.size() < 2) fail_usage("mlp", "takes at least two widths, got ", widths.size(), '.');
  const auto dropout = [&] { return Dropout(options.dropout); };
  static_cast<void>(dropout());  // checks the probability, even if there are no hidden layers
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
