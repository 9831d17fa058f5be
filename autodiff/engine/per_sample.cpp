// Collects, in one sweep, the two factors of each sample's gradient.
#include <reel/autodiff/engine/per_sample.h>

#include <cmath>
#include <string>
#include <unordered_map>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/tensor/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace {

// One use of a parameter. The gradient of sample b is the outer product of row b of g (batch, out)
// and row b of x (batch, in); for a bias x is empty, and row b of g is the gradient.
struct Use {
  SharedTensor g, x;
};

class Factors : public Observer {
 public:
  Factors(const Var& loss, std::span<const Parameter> parameters) : uses_(parameters.size()) {
    for (std::size_t i = 0; i < parameters.size(); ++i) index_[parameters[i].identity()] = i;
    static_cast<void>(grad(loss, parameters));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (uses_[i].empty())
        fail_usage(where, "the loss does not depend on parameter \"", parameters[i].name(), "\".");
  }

  void rule_ended(const BackwardEvent& event) override {
    SharedTensor g;
    for (std::size_t k = 0; k < event.input_count; ++k) {
      const auto found = index_.find(event.input(k).identity());
      if (found == index_.end()) continue;
      const bool relu = event.operation == "affine_relu";
      if (k == 0 || (!relu && event.operation != "affine"))
        fail_usage(where, "parameter \"", event.input(k).name(), "\" is used by ", event.operation,
                   "; only Linear layers with a bias have gradients by sample.");
      if (!g && relu)
        g = masked(is_positive(*event.value), event.gradient);
      else if (!g)
        g = Tensor(event.gradient);
      expect_batch(g->shape()[0]);
      uses_[found->second].push_back({g, k == 1 ? event.input(0) : SharedTensor()});
    }
  }

  const std::vector<std::vector<Use>>& uses() const noexcept { return uses_; }
  std::size_t batch() const noexcept { return batch_; }

  static constexpr const char* where = "per_sample_gradients";

 private:
  void expect_batch(std::size_t rows) {
    if (batch_ != 0 && rows != batch_)
      fail_usage(where, "one layer has a batch of ", batch_, " rows, another of ", rows, '.');
    batch_ = rows;
  }

  std::unordered_map<const void*, std::size_t> index_;
  std::vector<std::vector<Use>> uses_;  // of each parameter
  std::size_t batch_ = 0;
};

Real dot_of_rows(const Tensor& a, const Tensor& b, std::size_t row) {
  const std::size_t n = a.shape()[1];
  const Real *u = a.data() + row * n, *v = b.data() + row * n;
  Real sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += u[i] * v[i];
  return sum;
}

// The inner product of the gradients of one sample by two uses of a parameter:
// Σᵢⱼ gᵢxⱼ·g'ᵢx'ⱼ = (g·g')(x·x')
Real inner(const Use& a, const Use& b, std::size_t row) {
  return dot_of_rows(*a.g, *b.g, row) * (a.x ? dot_of_rows(*a.x, *b.x, row) : Real(1));
}

}  // namespace

std::vector<Tensor> per_sample_gradients(const Var& loss, std::span<const Parameter> parameters) {
  const Factors factors(loss, parameters);
  std::vector<Tensor> result;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Shape shape{factors.batch()};
    for (const std::size_t size : parameters[p].shape()) shape.push_back(size);
    Tensor& gradient = result.emplace_back(zeros(shape));
    for (const Use& use : factors.uses()[p]) {
      Real* to = gradient.data();
      const std::size_t out = use.g->shape()[1], in = use.x ? use.x->shape()[1] : 1;
      for (std::size_t b = 0; b < factors.batch(); ++b)
        for (std::size_t i = 0; i < out; ++i)
          for (std::size_t j = 0; j < in; ++j)
            *to++ += use.g->data()[b * out + i] * (use.x ? use.x->data()[b * in + j] : Real(1));
    }
  }
  return result;
}

Tensor per_sample_gradient_norms(const Var& loss, std::span<const Parameter> parameters) {
  const Factors factors(loss, parameters);
  Tensor norms = uninitialized({factors.batch()});
  for (std::size_t b = 0; b < factors.batch(); ++b) {
    Real squared = 0;
    for (const std::vector<Use>& uses : factors.uses())
      for (const Use& one : uses)
        for (const Use& other : uses) squared += inner(one, other, b);
    norms(b) = std::sqrt(std::max(squared, Real(0)));  // rounding may leave it below 0
  }
  return norms;
}

}  // namespace reel::inline REEL_PRECISION
