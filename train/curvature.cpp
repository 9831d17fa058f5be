// Lanczos' method on the Hessian of a loss.
#include <reel/train/curvature.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/tensor/linear_algebra.h>
#include <reel/optim/vectors.h>
#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using optim::inner, optim::add_to, optim::length_of;

void check(const CurvatureOptions& options) {
  if (options.count == 0) fail_usage("curvature", "count = 0, expected at least 1.");
  if (options.products < options.count)
    fail_usage("curvature", "products = ", options.products,
               ", expected at least count = ", options.count, '.');
  if (!(options.tolerance >= 0))
    fail_usage("curvature", "tolerance = ", options.tolerance, ", expected ≥ 0.");
}

// The gradient of a loss, recorded so that each product H·v is one sweep over it.
class RecordedGradient {
 public:
  RecordedGradient(nn::Module& model, const data::Dataset& dataset, const Loss& loss) {
    for (const Parameter& parameter : model.parameters())
      if (!parameter.frozen()) xs_.emplace_back(parameter);
    if (xs_.empty()) fail_usage("curvature", "the model has no parameter that is not frozen.");
    for (const Var& x : xs_) size_ += x.value().size();
    const data::Batch all = dataset.all();
    const Var y = detail::loss_of("curvature", loss, model(all.inputs), all, dataset);
    if (!y.requires_grad())
      fail_usage("curvature", "the loss does not depend on the model's parameters.");
    gradients_ = grad(y, xs_, {.create_graph = true});
  }

  std::size_t size() const noexcept { return size_; }

  // H·v for v (size), and its length. Throws Error if it is not finite.
  Tensor product(const Tensor& v) const {
    std::vector<Var> seeds;
    const Real* from = v.data();
    for (const Var& x : xs_) {
      seeds.emplace_back(from_values(x.shape(), {from, x.value().size()}));
      from += x.value().size();
    }
    Tensor joined = uninitialized({size_});
    Real* to = joined.data();
    for (const Var& part : grad(gradients_, seeds, xs_))
      to = std::copy(part.value().begin(), part.value().end(), to);
    if (!optim::all_finite(joined))
      fail(Error::Kind::diverged, "curvature", "the Hessian of the loss is not finite.");
    return joined;
  }

 private:
  Tape tape_;
  std::vector<Var> xs_, gradients_;
  std::size_t size_ = 0;
};

Tensor random_direction(std::size_t size, Rng& rng) {
  Tensor v = uninitialized({size});
  std::generate(v.begin(), v.end(), [&] { return static_cast<Real>(rng.normal()); });
  v *= static_cast<Real>(1 / length_of(v));
  return v;
}

// The tridiagonal matrix of Lanczos' method: `diagonal` (k), and beside it `beside` (k), whose last
// element is the length of the rest.
struct Tridiagonal {
  std::vector<double> diagonal = {}, beside = {};

  // Its largest eigenvalues, each with the length of the residual ‖H·x − λx‖ = β_k·|s_k|.
  Curvatures largest(std::size_t count) const {
    const std::size_t k = diagonal.size();
    Tensor t = zeros({k, k});
    for (std::size_t i = 0; i < k; ++i) {
      t(i, i) = static_cast<Real>(diagonal[i]);
      if (i + 1 < k) t(i + 1, i) = static_cast<Real>(beside[i]);
    }
    const Eigen eigen = symmetric_eigen(t);
    Curvatures result{.values = {}, .errors = {}, .products = k};
    for (std::size_t i = k; i-- > 0 && result.values.size() < count;) {
      result.values.push_back(static_cast<double>(eigen.values(i)));
      result.errors.push_back(beside[k - 1] *
                              std::abs(static_cast<double>(eigen.vectors(k - 1, i))));
    }
    return result;
  }
};

bool converged(const Curvatures& found, const CurvatureOptions& options) {
  if (found.values.size() < options.count) return false;
  const double most = options.tolerance * std::abs(found.values[0]);
  return std::all_of(found.errors.begin(), found.errors.end(),
                     [&](double error) { return error <= most; });
}

}  // namespace

Curvatures largest_curvatures(nn::Module& model, const data::Dataset& dataset, Rng& rng,
                              const CurvatureOptions& options) {
  check(options);
  const EvalMode mode(model);
  const RecordedGradient gradient(model, dataset, options.loss);
  const std::size_t most = std::min(options.products, gradient.size());
  std::vector<Tensor> basis{random_direction(gradient.size(), rng)};
  Tridiagonal t;
  for (;;) {
    Tensor rest = gradient.product(basis.back());
    const double length = length_of(rest);
    t.diagonal.push_back(inner(basis.back(), rest));
    for (int twice = 0; twice < 2; ++twice)  // once leaves rounding errors that grow
      for (const Tensor& q : basis) add_to(rest, -inner(q, rest), q);
    const double beta = length_of(rest);
    t.beside.push_back(beta);
    // beyond rounding errors the space of all H^i·v ends here
    const bool ends = beta <= 10 * std::numeric_limits<Real>::epsilon() * length;
    Curvatures found = t.largest(options.count);
    if (ends || basis.size() == most || converged(found, options) ||
        (options.stop && options.stop()))
      return found;
    rest *= static_cast<Real>(1 / beta);
    basis.push_back(std::move(rest));
  }
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
