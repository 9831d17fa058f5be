// Adam with other defaults.
#include <reel/optim/adamw.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

AdamW::AdamW(const Groups& groups, const AdamWOptions& options)
    : Adam("adamw", groups,
           {.lr = options.lr,
            .beta1 = options.beta1,
            .beta2 = options.beta2,
            .eps = options.eps,
            .amsgrad = options.amsgrad,
            .l2 = options.l2,
            .weight_decay = options.weight_decay}) {}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
