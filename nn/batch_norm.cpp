// Normalises a batch, and updates the running statistics.
#include <reel/nn/batch_norm.h>

#include <reel/autodiff/engine/checkpoint.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/normalization.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// running += momentum·(fresh·scale − running)
void follow(Tensor& running, const Tensor& fresh, double scale, double momentum) {
  const Real rate = static_cast<Real>(momentum), factor = static_cast<Real>(scale);
  for (std::size_t i = 0; i < running.size(); ++i)
    running.data()[i] += rate * (fresh.data()[i] * factor - running.data()[i]);
}

}  // namespace

BatchNorm::BatchNorm(std::size_t features, const BatchNormOptions& options) : options_(options) {
  if (features == 0) fail_usage("batch_norm", "takes at least 1 feature, got 0.");
  if (!(static_cast<Real>(options.eps) > 0))
    fail_usage("batch_norm", "eps ", options.eps, ", expected above 0.");
  if (!(options.momentum >= 0 && options.momentum <= 1))
    fail_usage("batch_norm", "momentum ", options.momentum, ", expected 0 to 1.");
  weight = Parameter(full({features}, 1), "weight");
  bias = Parameter(zeros({features}), "bias");
  running_mean = zeros({features});
  running_var = full({features}, 1);
}

Var BatchNorm::forward(const Var& x) const {
  if (x.value().dimension() != 2 || x.shape()[1] != features())
    fail_usage(name().empty() ? "batch_norm" : concat("batch_norm \"", name(), '"'),
               "expects (batch,", features(), "), got ", to_string(x.shape()), '.');
  const Real eps = static_cast<Real>(options_.eps);
  if (!training()) {
    const Var scale = weight / Var(evaluate(xt::sqrt(running_var + eps)));
    return (x - Var(running_mean)) * scale + bias;
  }
  BatchStatistics batch;
  const Var y = batch_norm(x, weight, bias, eps, &batch);
  if (!recomputing()) {  // only once for each batch
    follow(running_mean, batch.mean, 1, options_.momentum);
    follow(running_var, batch.variance, batch.rows / (batch.rows - 1), options_.momentum);
  }
  return y;
}

void BatchNorm::visit(Visitor& v) {
  v("weight", weight);
  v("bias", bias);
  v("running_mean", running_mean);
  v("running_var", running_var);
}

void BatchNorm::reset(Init, Rng&) {
  weight.set_value(full({features()}, 1));
  bias.set_value(zeros({features()}));
  running_mean = zeros({features()});
  running_var = full({features()}, 1);
}

std::string BatchNorm::describe() const { return concat("BatchNorm(", features(), ')'); }

BatchNorm BatchNorm::clone() const {
  BatchNorm copy(features(), options_);
  copy_state(*this, copy);
  return copy;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
