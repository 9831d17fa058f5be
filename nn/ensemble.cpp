// Puts the units of several networks side by side.
#include <reel/nn/ensemble.h>

#include <cstddef>

#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

void expect_alike(const std::vector<Sequential>& members) {
  if (members.empty()) fail_usage("ensemble", "has no members.");
  const Sequential& first = members.front();
  for (std::size_t m = 1; m < members.size(); ++m) {
    if (members[m].size() != first.size())
      fail_usage("ensemble", "member ", m, " has ", members[m].size(), " layers, member 0 has ",
                 first.size(), '.');
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (members[m][i].describe() != first[i].describe())
        fail_usage("ensemble", "layer ", i, " of member ", m, " is ", members[m][i].describe(),
                   ", of member 0 it is ", first[i].describe(), '.');
      const auto *norm = exactly<BatchNorm>(members[m][i]), *own = exactly<BatchNorm>(first[i]);
      if (norm && own && norm->options() != own->options())
        fail_usage("ensemble", "layer ", i, " of member ", m,
                   " has other options than of member 0.");
    }
  }
  if (first.size() == 0 || !exactly<Linear>(first[first.size() - 1]))
    fail_usage("ensemble", "the last layer is not a Linear, so the mean is not one network.");
}

// A network without values like `member`, whose hidden layers are `count` times as wide.
Sequential widened(const Sequential& member, std::size_t count) {
  Sequential wide;
  bool hidden = false;  // whether a Linear came before
  for (std::size_t i = 0; i < member.size(); ++i) {
    const Module& layer = member[i];
    if (const auto* linear = exactly<Linear>(layer)) {
      const bool last = i + 1 == member.size();
      wide.add(Linear(linear->in() * (hidden ? count : 1), linear->out() * (last ? 1 : count),
                      {.bias = static_cast<bool>(linear->bias)}));
      hidden = true;
    } else if (const auto* norm = exactly<BatchNorm>(layer); norm && hidden) {
      wide.add(BatchNorm(norm->features() * count, norm->options()));
    } else if (const auto* dropout = exactly<Dropout>(layer)) {
      wide.add(dropout->clone());
    } else if (const auto* function = exactly<Function>(layer)) {
      wide.add(function->clone());
    } else {
      fail_usage(
          "ensemble", "layer ", i, " is ", layer.describe(),
          ", expected Linear, Dropout, a function, or BatchNorm after a Linear, and not a type "
          "derived from one of them.");
    }
  }
  return wide;
}

// Adds the values of member m of `count` at their place in `to`: rows and columns of their own
// where `to` has more of them. Members that share rows, those of the outputs, are averaged there.
void place(const Tensor& values, std::size_t m, std::size_t count, Tensor& to) {
  const std::size_t rows = values.shape()[0], columns = values.size() / rows;
  const std::size_t width = to.size() / to.shape()[0];
  const bool own_rows = to.shape()[0] > rows;
  const Real factor = own_rows ? Real(1) : 1 / static_cast<Real>(count);
  Real* const at =
      to.data() + (own_rows ? m * rows * width : 0) + (width > columns ? m * columns : 0);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      at[r * width + c] += factor * values.data()[r * columns + c];
}

}  // namespace

Sequential ensemble(const std::vector<Sequential>& members) {
  expect_alike(members);
  Sequential wide = widened(members.front(), members.size());
  std::vector<NamedState> to = state_of(wide);
  for (NamedState& state : to) {
    if (state.buffer)
      state.buffer->fill(0);
    else
      state.parameter.set_value(zeros(state.shape()));
  }
  for (std::size_t m = 0; m < members.size(); ++m) {
    const std::vector<NamedState> from = state_of(members[m]);
    if (from.size() != to.size())
      fail_usage("ensemble", "layers of member ", m, " share a parameter.");
    for (std::size_t k = 0; k < to.size(); ++k)
      place(from[k].value(), m, members.size(),
            to[k].buffer ? *to[k].buffer : to[k].parameter.mutate());
  }
  return wide;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
