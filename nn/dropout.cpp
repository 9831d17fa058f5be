// Draws and applies the mask of dropout.
#include <reel/nn/dropout.h>

#include <algorithm>
#include <vector>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/ops/arithmetic.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// For each element of a tensor of this shape, 1/(1 − p) with probability 1 − p, else 0. Each row
// has its own generator.
Tensor mask(const Shape& shape, double p, const RandomScope& random) {
  constexpr std::size_t at_once = 1 << 14;  // elements for one thread: about ten microseconds
  const auto limit = static_cast<std::uint32_t>(p * 0x1p32);
  const Real kept = static_cast<Real>(1 / (1 - p));
  Tensor result = uninitialized(shape);
  if (result.size() == 0) return result;
  const std::size_t features = result.size() / shape[0];
  const Rng tensor = random.draw();
  parallel_ranges(shape[0], std::max<std::size_t>(1, at_once / features), [&](Range rows) {
    thread_local std::vector<std::uint32_t> words;
    words.resize(features);
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      Real* const to = result.data() + i * features;
      tensor.split(i).fill(words);
      for (std::size_t k = 0; k < features; ++k) to[k] = words[k] < limit ? Real(0) : kept;
    }
  });
  return result;
}

}  // namespace

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p < 1)) fail_usage("dropout", "p ", p, ", expected 0 to below 1.");
}

Var Dropout::forward(const Var& x) const {
  if (!training() || p_ == 0) return x;
  if (x.shape().empty()) fail_usage("dropout", "takes (batch, …), got one number.");
  const RandomScope* const random = RandomScope::current();
  if (!random)
    fail_usage(name().empty() ? "dropout" : concat("dropout \"", name(), '"'),
               "draws at random in training, and no RandomScope is alive. Hint: `const RandomScope "
               "scope(rng);` before the forward pass, or model.eval().");
  return x * Var(mask(x.shape(), p_, *random));
}

std::string Dropout::describe() const { return concat("Dropout(", p_, ')'); }

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
