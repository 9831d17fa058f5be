// Products with a wide layer's weights, which threads that share a batch compute together.
#pragma once

#include <reel/autodiff/var.h>

namespace reel::inline REEL_PRECISION {

/// x·Wᵀ: (m,in)·(out,in)ᵀ → (m,out), of operands that fit.
///
/// Members of a Collective that come with the same parameter W share the work by its rows, each
/// for the samples of all, if W has more numbers than all x and results: so a core reads the rows
/// that it has updated (see Optimizer::step) and not those that another one has. A member waits
/// for those who may still come, so it must not make them wait for it, by a lock, say.
SharedTensor product_with_weights(const Var& x, const Var& weight);

}  // namespace reel::inline REEL_PRECISION
