// Judges evaluations, and stores the best weights.
#include <reel/train/early_stopping.h>

#include <limits>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr double any = std::numeric_limits<double>::infinity();

double number_of(const Evaluation& evaluation, const std::string& name) {
  if (name == "loss") return evaluation.loss;
  const auto metric = evaluation.metrics.find(name);
  if (metric != evaluation.metrics.end()) return metric->second;
  if (name == "accuracy" && evaluation.confusion.classes() > 0) return evaluation.accuracy();
  fail_usage("early_stopping", "the evaluation has no number \"", name,
             "\". Hint: give fit a metric with this name.");
}

}  // namespace

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options)
    : patience_(options.patience),
      larger_is_better_(!options.maximize.empty()),
      judged_(larger_is_better_ ? options.maximize : options.minimize),
      least_improvement_(options.least_improvement),
      best_value_(larger_is_better_ ? -any : any) {
  optim::expect_option("early_stopping", "least_improvement", least_improvement_,
                       least_improvement_ >= 0 && least_improvement_ < any, "finite and ≥ 0");
}

bool EarlyStopping::improves(double value) const {
  return larger_is_better_ ? value > best_value_ + least_improvement_
                           : value < best_value_ - least_improvement_;
}

bool EarlyStopping::step(const nn::Module& model, const Evaluation& evaluation, std::size_t epoch) {
  const double value = number_of(evaluation, judged_);
  ++since_best_;
  if (!improves(value)) return false;
  best_ = nn::state_dict(model);
  best_value_ = value;
  best_epoch_ = epoch;
  since_best_ = 0;
  return true;
}

void EarlyStopping::copy_to(nn::Module& model) const {
  if (!has_best()) fail_usage("early_stopping", "no evaluation was an improvement yet.");
  nn::load_state_dict(model, best_);
}

optim::State EarlyStopping::state() const {
  optim::State state{"early_stopping"};
  state.fields["judged"] = judged_;
  state.put("best value", best_value_);
  state.put("best epoch", static_cast<double>(best_epoch_));
  state.put("since best", static_cast<double>(since_best_));
  state.tensors = best_;
  return state;
}

void EarlyStopping::set_state(const optim::State& state) {
  state.expect_kind("early_stopping");
  if (state.field("judged") != judged_)
    fail_usage("early_stopping", "the state judges ", in_quotes(state.field("judged")),
               ", expected \"", judged_, "\".");
  const double value = state.number("best value");
  const std::size_t epoch = state.count("best epoch"), since = state.count("since best");
  if ((epoch > 0) != !state.tensors.empty())
    fail_usage("early_stopping", "the state's best epoch is ", epoch, ", and it has ",
               state.tensors.size(), " tensors.");
  best_ = state.tensors;
  best_value_ = value;
  best_epoch_ = epoch;
  since_best_ = since;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
