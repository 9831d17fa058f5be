// The one walk over a model that all formats share.
#include <reel/exchange/network.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/normalization.h>
#include <reel/autodiff/ops/product.h>
#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {
namespace {

class Walk : public nn::Visitor {
 public:
  explicit Walk(std::string_view where) : where_(where) {}

  Network finish() {
    if (network_.inputs == 0)
      fail_usage(where_, "no layer of the model has a width, such as that of a Linear.");
    return std::move(network_);
  }

 protected:
  void on_module(const std::string& path, nn::Module& module) override {
    if (nn::exactly<nn::Sequential>(module) || nn::exactly<nn::Dropout>(module)) return;
    if (const auto* const linear = nn::exactly<nn::Linear>(module)) {
      connect(path, linear->in(), linear->out());
      add(Affine{values(path, "weight", linear->weight.value()),
                 linear->bias ? values(path, "bias", linear->bias.value()) : Values()});
    } else if (const auto* const batch = nn::exactly<nn::BatchNorm>(module)) {
      connect(path, batch->features(), batch->features());
      add(BatchNormalisation{values(path, "weight", batch->weight.value()),
                             values(path, "bias", batch->bias.value()),
                             values(path, "running_mean", batch->running_mean),
                             values(path, "running_var", batch->running_var),
                             static_cast<float>(batch->options().eps)});
    } else if (const auto* const layer = nn::exactly<nn::LayerNorm>(module)) {
      const Shape width{layer->features()};
      connect(path, layer->features(), layer->features());
      add(LayerNormalisation{
          values(path, "weight", layer->weight ? layer->weight.value() : full(width, 1)),
          values(path, "bias", layer->bias ? layer->bias.value() : zeros(width)),
          static_cast<float>(layer->eps())});
    } else if (const auto* const function = nn::exactly<nn::Function>(module)) {
      const auto all = nn::activations();
      const auto known = std::find_if(all.begin(), all.end(), [&](const nn::Activation& one) {
        return function->is(one.function);
      });
      if (known == all.end()) reject(path, module);
      if (known->name != nn::identity.name) add(Elementwise{known->name});
    } else {
      reject(path, module);
    }
  }

 private:
  void add(Step step) { network_.steps.push_back(std::move(step)); }

  [[noreturn]] void reject(const std::string& path, const nn::Module& module) const {
    fail_usage(where_, path.empty() ? "the model" : concat('"', path, '"'), " is ",
               module.describe(),
               ", which cannot be exported. Hint: Linear, BatchNorm, LayerNorm, Dropout, "
               "activations of nn::activations and a Sequential of these can be.");
  }

  void connect(const std::string& path, std::size_t in, std::size_t out) {
    if (network_.inputs == 0) network_.inputs = network_.outputs = in;
    if (network_.outputs != in)
      fail_usage(where_, '"', path, "\" takes ", in, " values, the layer before it gives ",
                 network_.outputs, '.');
    network_.outputs = out;
  }

  Values values(const std::string& module, std::string_view name, const Tensor& tensor) const {
    Values result{module.empty() ? std::string(name) : concat(module, '.', name), tensor.shape(),
                  std::vector<float>(tensor.size())};
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      result.numbers[i] = static_cast<float>(tensor.data()[i]);
      if (!std::isfinite(result.numbers[i]))
        fail_usage(where_, '"', result.path, "\" has the value ", tensor.data()[i],
                   ", expected finite numbers of float32.");
    }
    return result;
  }

  std::string_view where_;
  Network network_;
};

Var tensor_of(const Values& values) {
  Tensor tensor = zeros(values.shape);
  std::transform(values.numbers.begin(), values.numbers.end(), tensor.data(),
                 [](float x) { return Real(x); });
  return tensor;
}

struct Evaluation {
  Var x;

  Var operator()(const Affine& step) const {
    const Var product = matmul(x, false, tensor_of(step.weight), true);
    return step.bias.numbers.empty() ? product : product + tensor_of(step.bias);
  }
  Var operator()(const Elementwise& step) const {
    return nn::activation_by_name(step.activation)(x);
  }
  Var operator()(const BatchNormalisation& step) const {
    const Var spread = sqrt(tensor_of(step.variance) + Real(step.eps));
    return (x - tensor_of(step.mean)) / spread * tensor_of(step.weight) + tensor_of(step.bias);
  }
  Var operator()(const LayerNormalisation& step) const {
    return layer_norm(x, tensor_of(step.weight), tensor_of(step.bias), Real(step.eps));
  }
};

}  // namespace

Network network_of(const nn::Module& model, std::string_view where) {
  Walk walk(where);
  walk("", const_cast<nn::Module&>(model));  // a visitor may change the parts; this one only reads
  return walk.finish();
}

Tensor evaluate(const Network& network, const Tensor& x) {
  Evaluation evaluation{x};
  for (const Step& step : network.steps) evaluation.x = std::visit(evaluation, step);
  return evaluation.x.value();
}

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
