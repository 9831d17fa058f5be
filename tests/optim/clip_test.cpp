// Gradient clipping: by the common norm, by value, and which gradients are written to.
#include <reel/optim/clip.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/optim/sgd.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Parameters = std::vector<Parameter>;

Parameter with_gradient(Tensor gradient, const char* name = "p") {
  Parameter parameter(zeros(gradient.shape()), name);
  parameter.set_gradient(std::move(gradient));
  return parameter;
}

// Gradients of norm 13, in three shapes.
Parameters norm_13() {
  return {with_gradient(vector({3, 0, -4})), with_gradient(scalar(-12)),
          with_gradient(matrix({{0, 0}}))};
}

const Tensor& gradient(const Parameter& parameter) { return *parameter.gradient(); }

TEST_CASE("clip: the norm is that of all gradients together") {
  CHECK(gradient_norm(norm_13()) == 13);
  CHECK(gradient_norm({}) == 0);
  CHECK(gradient_norm({Parameter(vector({1, 2}))}) == 0);
  CHECK(gradient_norm({with_gradient(scalar(-2)), Parameter(vector({7}))}) == 2);
  CHECK(gradient_norm({with_gradient(zeros({0, 3}))}) == 0);
  CHECK(gradient_norm({with_gradient(zeros({5}))}) == 0);
  CHECK(std::isnan(gradient_norm({with_gradient(vector({1, Real(nan)}))})));
  CHECK(gradient_norm({with_gradient(vector({1, -Real(inf)}))}) == inf);
  // summed in double, even if the square of a float overflows
  CHECK(near(gradient_norm({with_gradient(full({4}, Real(1e30)))}), 2e30, 1e-6));
}

TEST_CASE("clip: by norm, all gradients are scaled by most/(norm + 1e-6)") {
  for (const double most : {6.5, 1.0, 1e-3, 12.999, 13.0}) {
    CAPTURE(most);
    const Parameters parameters = norm_13();
    CHECK(clip_gradient_norm(parameters, most) == 13);
    const double factor = most / 13.000001;
    CHECK(near(gradient(parameters[0]), vector({Real(3 * factor), 0, Real(-4 * factor)}), 1e-15));
    CHECK(near(gradient(parameters[1]), scalar(Real(-12 * factor)), 1e-15));
    CHECK(gradient(parameters[2]) == matrix({{0, 0}}));
    CHECK(near(gradient_norm(parameters), 13 * factor, 1e-15));
  }
  const Parameters parameters = norm_13();
  CHECK(clip_gradient_norm(parameters, 0) == 13);
  CHECK(gradient_norm(parameters) == 0);
}

TEST_CASE("clip: by norm, gradients that are small enough keep their bits") {
  for (const double most : {13.000002, 14.0, 1e300}) {
    const Parameters parameters = norm_13();
    const SharedTensor before = parameters[0].gradient();
    CHECK(clip_gradient_norm(parameters, most) == 13);
    CHECK(gradient(parameters[0]) == vector({3, 0, -4}));
    CHECK(parameters[0].gradient().identity() == before.identity());
  }
  // also parameters with gradient 0, whose factor would be most/1e-6
  const Parameter still = with_gradient(zeros({2}));
  CHECK(clip_gradient_norm({still}, 1) == 0);
  CHECK(gradient(still) == zeros({2}));
  const Parameter tiny = with_gradient(vector({Real(1e-9)}));
  CHECK(near(clip_gradient_norm({tiny}, 1e-7), 1e-9, 1e-6));  // factor 0.0999, by the 1e-6
  CHECK(near(item(gradient(tiny)), 1e-9 * 1e-7 / (1e-9 + 1e-6), 1e-6));
}

TEST_CASE("clip: by norm, what is not finite is told by the norm") {
  const Parameter large = with_gradient(vector({1, Real(inf)})), one = with_gradient(scalar(5));
  CHECK(clip_gradient_norm({large, one}, 1) == inf);
  CHECK(gradient(large)(0) == 0);
  CHECK(std::isnan(gradient(large)(1)));
  CHECK(item(gradient(one)) == 0);
  const Parameter bad = with_gradient(vector({1, Real(nan)})), two = with_gradient(scalar(5));
  CHECK(std::isnan(clip_gradient_norm({bad, two}, 1)));
  CHECK(std::isnan(gradient(bad)(0)));
  CHECK(std::isnan(gradient(bad)(1)));
  CHECK(std::isnan(item(gradient(two))));
}

TEST_CASE("clip: by value, every entry by itself") {
  const Parameter p = with_gradient(vector({-3, -2, -1, 0, 1, 2, 3}));
  const Parameter odd = with_gradient(vector({Real(nan), Real(inf), -Real(inf)}));
  const Parameter none(vector({1}));
  clip_gradient_value({p, none, odd}, 2);
  CHECK(gradient(p) == vector({-2, -2, -1, 0, 1, 2, 2}));
  CHECK(std::isnan(gradient(odd)(0)));
  CHECK(gradient(odd)(1) == 2);
  CHECK(gradient(odd)(2) == -2);
  CHECK_FALSE(none.gradient());
  clip_gradient_value({odd}, inf);
  CHECK(gradient(odd)(1) == 2);
  clip_gradient_value({p}, 0);
  CHECK(gradient(p) == zeros({7}));
  clip_gradient_value({}, 1);
}

TEST_CASE("clip: a gradient that somebody else holds is not written to") {
  const auto by_norm = [](const Parameters& p) { clip_gradient_norm(p, 1); };
  const auto by_value = [](const Parameters& p) { clip_gradient_value(p, 1); };
  const SharedTensor gradients(vector({30, 40}));
  Parameter p(zeros({2})), q(zeros({2}));
  for (Parameter* each : {&p, &q}) each->set_gradient(gradients);
  by_norm({p, q});  // norm of both together: 50·√2
  CHECK(*gradients == vector({30, 40}));
  for (const Parameter& each : {p, q})
    CHECK(near(gradient(each), vector({Real(0.6 / std::sqrt(2)), Real(0.8 / std::sqrt(2))}), 1e-7));
  for (Parameter* each : {&p, &q}) each->set_gradient(gradients);
  by_value({p, q});
  CHECK(*gradients == vector({30, 40}));
  for (const Parameter& each : {p, q}) CHECK(gradient(each) == vector({1, 1}));

  // owned by the two parameters alone; it is still scaled only once for each
  SharedTensor both(vector({30, 40}));
  p.set_gradient(both);
  q.set_gradient(std::move(both));
  by_norm({p, q});
  for (const Parameter& each : {p, q})
    CHECK(near(gradient(each), vector({Real(0.6 / std::sqrt(2)), Real(0.8 / std::sqrt(2))}), 1e-7));
}

TEST_CASE("clip: a gradient of one's own is scaled in place") {
  const Parameter p = with_gradient(vector({30, 40}));
  const void* before = p.gradient().identity();
  clip_gradient_norm({p}, 1);
  CHECK(p.gradient().identity() == before);
  clip_gradient_value({p}, 0.5);
  CHECK(p.gradient().identity() == before);
}

TEST_CASE("clip: between a backward pass and a step") {
  const Parameter p(vector({3, 4}), "p");
  Sgd sgd({p}, {.lr = 1});
  Tape tape;
  tape.backward(sum(square(p)));
  CHECK(clip_gradient_norm(sgd.parameters(), 5) == 10);
  sgd.step();
  CHECK(near(p.value(), vector({0, 0}), 0, 1e-6));
}

TEST_CASE("clip: what makes no sense is an error, and changes nothing") {
  const Parameter p = with_gradient(vector({30, 40}), "w"), q = with_gradient(scalar(1), "v");
  for (const double wrong : {-1.0, -inf, nan}) {
    CAPTURE(wrong);
    CHECK(message_of([&] { clip_gradient_norm({p}, wrong); }) ==
          concat("[clip_gradient_norm] most = ", wrong, " is not finite and ≥ 0."));
    CHECK(message_of([&] { clip_gradient_value({p}, wrong); }) ==
          concat("[clip_gradient_value] limit = ", wrong, " is not ≥ 0."));
  }
  CHECK_ERROR("[clip_gradient_norm] most = inf", clip_gradient_norm({p}, inf));
  const Parameters twice{p, q, p};
  CHECK(message_of([&] { gradient_norm(twice); }) ==
        "[gradient_norm] parameter \"w\" was given twice.");
  CHECK_ERROR("[clip_gradient_norm] parameter \"w\"", clip_gradient_norm(twice, 1));
  CHECK_ERROR("[clip_gradient_value] parameter \"w\"", clip_gradient_value(twice, 1));
  CHECK_ERROR("is empty", clip_gradient_norm({p, Parameter()}, 1));
  CHECK_ERROR("is empty", clip_gradient_value({Parameter(), p}, 1));
  CHECK(gradient(p) == vector({30, 40}));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
