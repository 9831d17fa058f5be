// Normalises each sample by the operation layer_norm.
#include <reel/nn/layer_norm.h>

#include <reel/autodiff/ops/normalization.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

LayerNorm::LayerNorm(std::size_t features, const LayerNormOptions& options)
    : features_(features), options_(options) {
  if (features == 0) fail_usage("layer_norm", "takes at least 1 feature, got 0.");
  if (!(static_cast<Real>(options.eps) > 0))
    fail_usage("layer_norm", "eps ", options.eps, ", expected above 0.");
  if (!options.affine) return;
  weight = Parameter(full({features}, 1), "weight");
  bias = Parameter(zeros({features}), "bias");
}

Var LayerNorm::forward(const Var& x) const {
  if (x.shape().empty() || x.shape().back() != features_)
    fail_usage(name().empty() ? "layer_norm" : concat("layer_norm \"", name(), '"'), "expects (…,",
               features_, "), got ", to_string(x.shape()), '.');
  const Real eps = static_cast<Real>(options_.eps);
  return options_.affine ? layer_norm(x, weight, bias, eps)
                         : layer_norm(x, full({features_}, 1), zeros({features_}), eps);
}

void LayerNorm::visit(Visitor& v) {
  if (!options_.affine) return;
  v("weight", weight);
  v("bias", bias);
}

void LayerNorm::reset(Init, Rng&) {
  if (!options_.affine) return;
  weight.set_value(full({features_}, 1));
  bias.set_value(zeros({features_}));
}

std::string LayerNorm::describe() const {
  return concat("LayerNorm(", features_, options_.affine ? "" : ", not affine", ')');
}

LayerNorm LayerNorm::clone() const {
  LayerNorm copy(features_, options_);
  copy_state(*this, copy);
  return copy;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
