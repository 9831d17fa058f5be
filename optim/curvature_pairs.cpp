// The two-loop recursion of L-BFGS.
#include <reel/optim/curvature_pairs.h>

#include <utility>
#include <vector>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

CurvaturePair::CurvaturePair(Tensor step, Tensor change)
    : s(std::move(step)), y(std::move(change)), sy(inner(s, y)), yy(inner(y, y)) {}

void CurvaturePairs::push(CurvaturePair pair) {
  if (pairs_.size() == most_) pairs_.pop_front();
  pairs_.push_back(std::move(pair));
}

Tensor CurvaturePairs::direction(const Tensor& g) const {
  Tensor d = -g;
  std::vector<double> a(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    const CurvaturePair& pair = pairs_[i];
    a[i] = inner(pair.s, d) / pair.sy;
    add_to(d, -a[i], pair.y);
  }
  if (!pairs_.empty()) d *= static_cast<Real>(pairs_.back().sy / pairs_.back().yy);
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const CurvaturePair& pair = pairs_[i];
    add_to(d, a[i] - inner(pair.y, d) / pair.sy, pair.s);
  }
  return d;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
