// Rows of W for the samples of all.
#include <reel/autodiff/shared_product.h>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {
namespace {

// Fewer numbers are not worth a meeting, whatever the samples: a product with them takes as long.
constexpr std::size_t wide = 1 << 16;

// y = x·Wᵀ by all members who come; false if they don't, or if it is not worth it.
bool multiply_together(const Collective::Member& member, const Tensor& x, const Tensor& w,
                       Tensor& y) {
  const std::size_t out = w.shape()[0], in = w.shape()[1];
  Collective::Meeting meeting(member, {w.data(), x.data(), y.data(), x.shape()[0]});
  const auto offers = meeting.offers();
  if (offers.empty()) return false;
  std::size_t samples = 0;
  for (const Collective::Offer& offer : offers) samples += offer.count;
  const bool worthwhile = samples * (in + out) < w.size();
  const Share rows = share_of(out, meeting.place(), offers.size());
  for (const Collective::Offer& offer : offers)
    if (worthwhile && offer.count > 0 && rows.size() > 0)
      raw_gemm(false, true, offer.count, rows.size(), in, static_cast<const Real*>(offer.from), in,
               w.data() + rows.begin * in, in, 0, static_cast<Real*>(offer.to) + rows.begin, out);
  meeting.finish();
  return worthwhile;
}

}  // namespace

SharedTensor product_with_weights(const Var& x, const Var& weight) {
  const Tensor& w = weight.value();
  element_count({x.shape()[0], w.shape()[0]});  // throws if there are too many
  SharedTensor result = SharedTensor::of_shape({x.shape()[0], w.shape()[0]});
  Tensor& y = result.mutate();
  const auto* const member = Collective::Member::current();
  // only a parameter, which has notes, can be the same tensor for all; for another all would wait
  const bool together = member && w.size() >= wide && weight.shared().has_notes() &&
                        multiply_together(*member, x.value(), w, y);
  if (!together) gemm(x.value(), false, w, true, 0, y);
  return result;
}

}  // namespace reel::inline REEL_PRECISION
