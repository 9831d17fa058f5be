// The loops over the numbers of tensors, in parallel.
#include <reel/autodiff/tensor/evaluate.h>

#include <reel/autodiff/core/parallel.h>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

void run(Elementwise::Loop loop, Tensor& out, const void* expression) {
  parallel_ranges(out.size(), elements_at_once,
                  [=, to = out.data()](Range range) { loop(to, expression, range); });
}

}  // namespace

void assign(Tensor& out, const Elementwise& e) { run(e.assign, out, e.expression); }
void add(Tensor& out, const Elementwise& e) { run(e.add, out, e.expression); }

}  // namespace detail

void add_to(Tensor& sum, const Tensor& e) {
  const Real* from = e.data();
  Real* to = sum.data();
  parallel_ranges(sum.size(), detail::elements_at_once, [=](Range range) {
    for (std::size_t i = range.begin; i < range.end; ++i) to[i] += from[i];
  });
}

}  // namespace reel::inline REEL_PRECISION
