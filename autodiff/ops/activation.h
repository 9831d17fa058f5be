// Activations.
#pragma once

#include <cstddef>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

Var sigmoid(const Var& x);                              ///< 1 / (1 + e⁻ˣ)
Var log_sigmoid(const Var& x);                          ///< finite for any finite x
Var softplus(const Var& x);                             ///< log(1 + eˣ); finite for any finite x
Var relu(const Var& x);                                 ///< max(0, x); derivative 0 at 0; keeps NaN
Var leaky_relu(const Var& x, Real slope = Real(0.01));  ///< slope·x for x ≤ 0
Var elu(const Var& x, Real alpha = 1);                  ///< α(eˣ − 1) for x ≤ 0
Var selu(const Var& x);                                 ///< λ·elu(x, α), Klambauer et al. 2017
Var gelu(const Var& x);                                 ///< x·Φ(x), Φ the CDF of N(0, 1)
Var gelu_tanh(const Var& x);                            ///< gelu approximated by tanh
Var silu(const Var& x);                                 ///< x·sigmoid(x), also called swish
Var mish(const Var& x);                                 ///< x·tanh(softplus(x))
Var softsign(const Var& x);                             ///< x / (1 + |x|)
Var hard_tanh(const Var& x);                            ///< x clipped to [−1, 1]
Var hard_sigmoid(const Var& x);                         ///< x/6 + ½ clipped to [0, 1]
Var hard_swish(const Var& x);                           ///< x·hard_sigmoid(x)
/// The maximum of each group of `pieces` neighbouring columns: (batch, units·pieces) → (batch,
/// units); equal values share the gradient evenly.
Var maxout(const Var& x, std::size_t pieces);
/// eˣ / Σ eˣ along an axis, and the logarithm of it; finite for any finite x.
Var softmax(const Var& x, int axis = -1);
/// The logarithm of softmax, without its underflow.
Var log_softmax(const Var& x, int axis = -1);

}  // namespace reel::inline REEL_PRECISION
