// The sharpness of a loss: the largest eigenvalues of its Hessian.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/module.h>
#include <reel/train/loss.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The options of `largest_curvatures`.
struct CurvatureOptions {
  std::size_t count = 1;            ///< how many eigenvalues
  double tolerance = 1e-3;          ///< the largest error, as a fraction of the largest eigenvalue
  std::size_t products = 100;       ///< at most so many Hessian-vector products
  Loss loss = {};                   ///< by default default_loss
  std::function<bool()> stop = {};  ///< called after each product; true ends the search
};

/// The result of `largest_curvatures`.
struct Curvatures {
  std::vector<double> values;  ///< the largest eigenvalues, in descending order
  std::vector<double> errors;  ///< an eigenvalue of the Hessian is this close to each
  std::size_t products = 0;    ///< Hessian-vector products
};

/// The largest eigenvalues of the Hessian of the mean loss over all samples of a data set, with
/// respect to all parameters that are not frozen, in eval mode. Gradient descent with a rate above
/// 2 / the largest one leaves a minimum. Lanczos' method with full reorthogonalisation (Golub and
/// Van Loan: Matrix Computations, §10.1 to 10.3), from a random vector; the Hessian is not formed.
/// The samples are one batch on a tape, so take a subset of a large set. An eigenvalue that occurs
/// several times is found once, so there may be fewer than `count`. Throws Error: kind usage for
/// options that make no sense, a loss without parameters or an output that does not fit; kind
/// diverged if the Hessian is not finite.
Curvatures largest_curvatures(nn::Module& model, const data::Dataset& dataset, Rng& rng,
                              const CurvatureOptions& options = {});

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
