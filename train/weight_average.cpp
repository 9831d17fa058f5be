// The update of the averages: one pass over all weights.
#include <reel/train/weight_average.h>

#include <algorithm>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr std::size_t numbers_at_once = 1 << 15;  // the least for one thread, as for an optimiser

}  // namespace

WeightAverage::WeightAverage(const nn::Module& model, const WeightAverageOptions& options)
    : decay_(options.decay), averages_(nn::state_dict(model)) {
  optim::expect_option("weight_average", "decay", decay_, decay_ > 0 && decay_ < 1, "in (0, 1)");
}

void WeightAverage::update(const nn::Module& model) {
  const auto parts = nn::state_of(model);
  nn::detail::expect_fit("weight_average", parts, averages_);
  const auto t = static_cast<double>(updates_++);
  const Real rest = static_cast<Real>(1 - std::min(decay_, (1 + t) / (10 + t)));
  const FlushSubnormals flush;
  for (const nn::NamedState& part : parts) {
    Tensor& averages = averages_.at(part.path);
    const Real* const w = part.value().data();
    Real* const a = averages.data();
    parallel_ranges(averages.size(), numbers_at_once, [&](Range range) {
      for (std::size_t i = range.begin; i < range.end; ++i) a[i] += rest * (w[i] - a[i]);
    });
  }
}

optim::State WeightAverage::state() const {
  optim::State state{"weight_average"};
  state.put("updates", static_cast<double>(updates_));
  state.tensors = averages_;
  return state;
}

void WeightAverage::set_state(const optim::State& state) {
  state.expect_kind("weight_average");
  const std::size_t updates = state.count("updates");
  for (const auto& [path, average] : averages_)
    static_cast<void>(state.tensor(path, average.shape()));  // checks
  if (state.tensors.size() != averages_.size())
    fail_usage("weight_average", "the state has ", state.tensors.size(), " tensors, expected ",
               averages_.size(), '.');
  averages_ = state.tensors;
  updates_ = updates;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
