// The rows of normalisation over a batch and over the features.
#include <cmath>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// Each lane less its mean, over √(its mean square + eps).
Plain standardised(const Plain& x, int axis, Exact eps) {
  return mapped(x, axis, [eps](Lane lane) {
    const Exact n = Exact(lane.size());
    Exact mean = 0, variance = 0;
    for (const Exact v : lane) mean += v / n;
    for (const Exact v : lane) variance += (v - mean) * (v - mean) / n;
    for (Exact& v : lane) v = (v - mean) / std::sqrt(variance + eps);
    return lane;
  });
}

Operation batch_norm_operation() {
  Operation row{"batch_norm", Kind::axis};
  const auto accept = [&](const char* what, Real eps,
                          const std::vector<Shapes>& shapes) -> Operation& {
    return row
        .accepts(
            what, [eps](Vars x) { return batch_norm(x[0], x[1], x[2], eps); },
            [eps](const Plains& x) {
              const Plain z = standardised(x[0], 0, eps);
              return plain(z.shape, [&](const Index& i) {
                return z.at(i) * x[1].at({i[1]}) + x[2].at({i[1]});
              });
            },
            shapes)
        .in_pytorch(
            concat("nn.functional.batch_norm(x, None, None, y, z, training=True, eps=", eps, ")"));
  };
  const auto refuse = [&](Real eps, const std::vector<Shapes>& shapes, const char* error) {
    row.refuses([eps](Vars x) { return batch_norm(x[0], x[1], x[2], eps); }, shapes, error);
  };
  accept("", Real(1e-5), {{{4, 3}, {3}, {3}}, {{2, 1}, {1}, {1}}, {{5, 9}, {9}, {9}}});
  accept("", Real(1e-5), {{{2, 0}, {0}, {0}}}).in_pytorch("");  // which wants a feature
  accept("with eps 0.5", Real(0.5), {{{4, 3}, {3}, {3}}, {{2, 4}, {4}, {4}}});
  refuse(Real(1e-5),
         {{{}, {1}, {1}},
          {{3}, {3}, {3}},
          {{2, 3}, {2}, {3}},
          {{2, 3}, {3}, {2}},
          {{2, 3}, {3, 1}, {3, 1}},
          {{2, 2, 3}, {3}, {3}}},
         "takes x (batch,n), weight (n) and bias (n)");
  refuse(Real(1e-5), {{{1, 1}, {1}, {1}}, {{1, 3}, {3}, {3}}}, "a batch of 1 has no variance");
  refuse(Real(1e-5), {{{0, 3}, {3}, {3}}}, "a batch of 0 has no variance");
  refuse(Real(-1), {{{4, 3}, {3}, {3}}}, "eps -1, expected at least 0");
  return row;
}

Operation layer_norm_operation() {
  Operation row{"layer_norm", Kind::axis};
  const auto accept = [&](const char* what, Real eps,
                          const std::vector<Shapes>& shapes) -> Operation& {
    return row
        .accepts(
            what, [eps](Vars x) { return layer_norm(x[0], x[1], x[2], eps); },
            [eps](const Plains& x) {
              const Plain z = standardised(x[0], -1, eps);
              return plain(z.shape, [&](const Index& i) {
                return z.at(i) * x[1].at({i.back()}) + x[2].at({i.back()});
              });
            },
            shapes)
        .in_pytorch(concat("nn.functional.layer_norm(x, x.shape[-1:], y, z, eps=", eps, ")"));
  };
  const auto refuse = [&](Real eps, const std::vector<Shapes>& shapes, const char* error) {
    row.refuses([eps](Vars x) { return layer_norm(x[0], x[1], x[2], eps); }, shapes, error);
  };
  accept("", Real(1e-5),
         {{{4, 3}, {3}, {3}}, {{3}, {3}, {3}}, {{2, 3, 4}, {4}, {4}}, {{5, 9}, {9}, {9}}});
  accept("", Real(1e-5), {{{0, 3}, {3}, {3}}}).in_pytorch("");  // which leaves ∂w unset
  accept("with eps 0.5", Real(0.5), {{{4, 3}, {3}, {3}}, {{2, 1}, {1}, {1}}, {{1, 1}, {1}, {1}}});
  refuse(Real(1e-5),
         {{{}, {1}, {1}},
          {{2, 3}, {2}, {2}},
          {{2, 3}, {3}, {2}},
          {{2, 3}, {3, 1}, {3, 1}},
          {{2, 3}, {2, 3}, {2, 3}},
          {{2, 0}, {0}, {0}}},
         "takes x (…,n), weight (n) and bias (n)");
  refuse(Real(-1), {{{4, 3}, {3}, {3}}}, "eps -1, expected at least 0");
  return row;
}

}  // namespace

std::vector<Operation> normalisations() { return {batch_norm_operation(), layer_norm_operation()}; }

}  // namespace reel::inline REEL_PRECISION
