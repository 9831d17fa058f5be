// Products with wide weights that members of a collective compute together.
#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/kernels.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

#include "../near.h"
#include "../random.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t out = 300, in = 250;  // 75,000 weights
const double tolerance = 500 * double(std::numeric_limits<Real>::epsilon());

template <class Task>
void run(std::size_t count, Task task) {
  Workers workers(count);
  Collective collective(count);
  collective.start();
  workers.run([&](std::size_t w) {
    const Collective::Member member(collective, w);
    task(w, member);
  });
}

// sums of `in` products below 1, in whatever order
bool same(const Tensor& y, const Tensor& expected) {
  return near(y, expected, tolerance, static_cast<double>(in) * tolerance);
}

}  // namespace

TEST_CASE("shared product: each member gets its own, however many samples it has") {
  const Parameter weight(random({out, in}, 1), "W"), bias(random({out}, 2), "b");
  for (const std::size_t count : {2u, 3u, 5u}) {
    CAPTURE(count);
    std::vector<Tensor> xs, ys(count), products(count), rectified(count);
    for (std::size_t w = 0; w < count; ++w) xs.push_back(random({1 + 9 * w, in}, 10 + w));
    run(count, [&](std::size_t w, const auto&) {
      for (int i = 0; i < 3; ++i) {
        ys[w] = affine(xs[w], weight, bias).value();
        products[w] = matmul(xs[w], false, weight, true).value();
        rectified[w] = affine_relu(xs[w], weight, bias).value();
      }
    });
    for (std::size_t w = 0; w < count; ++w) {
      CHECK(same(ys[w], affine(xs[w], weight, bias).value()));
      CHECK(same(products[w], matmul(xs[w], false, weight, true).value()));
      CHECK(same(rectified[w], affine_relu(xs[w], weight, bias).value()));
    }
  }
}

TEST_CASE("shared product: a member computes its rows of the weight for the samples of all") {
  const Parameter weight(random({out, in}, 1), "W"), bias(zeros({out}), "b");
  const Tensor x = random({4, in}, 2), mine = random({3, in}, 3);
  const Tensor expected = affine(x, weight, bias).value();
  const Tensor expected_mine = affine(mine, weight, bias).value();
  Tensor y, mine_by_other = full({3, out}, 7);
  std::size_t offers = 0, samples = 0;
  run(2, [&](std::size_t w, const Collective::Member& member) {
    if (w == 0) return void(y = affine(x, weight, bias).value());
    // by hand: brings its own, and leaves zeros for its part of the other's
    Collective::Meeting meeting(member,
                                {weight.value().data(), mine.data(), mine_by_other.data(), 3});
    offers = meeting.offers().size();
    if (offers == 2) {
      samples = meeting.offers()[0].count;
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = out / 2; j < out; ++j)
          static_cast<Real*>(meeting.offers()[0].to)[i * out + j] = 0;
    }
    meeting.finish();
  });
  REQUIRE(offers == 2);
  CHECK(samples == 4);
  for (std::size_t j = 0; j < out; ++j) {
    const bool first = j < out / 2;
    for (std::size_t i = 0; i < 4; ++i)
      REQUIRE(near(y(i, j), first ? expected(i, j) : 0, tolerance, in * tolerance));
    for (std::size_t i = 0; i < 3; ++i)
      REQUIRE(
          near(mine_by_other(i, j), first ? expected_mine(i, j) : 7, tolerance, in * tolerance));
  }
}

TEST_CASE("shared product: of many weights that are parameters, and not of too many samples") {
  struct Case {
    std::size_t rows, samples;
    bool constant, shared;
  };
  for (const Case& c : {Case{out, 130, false, true}, Case{out, 137, false, false},
                        Case{out - 50, 4, false, false}, Case{out, 4, true, false}}) {
    const SharedTensor numbers = random({c.rows, in}, 1);  // 75,000: (4 + 132)·550 is below
    const Var weight = c.constant ? Var(numbers) : Var(Parameter(*numbers, "W"));
    const Tensor x = random({4, in}, 2), mine = random({c.samples, in}, 3);
    Tensor y, mine_by_other = full({c.samples, c.rows}, 7);
    run(2, [&](std::size_t w, const Collective::Member& member) {
      if (w == 0) return void(y = matmul(x, false, weight, true).value());
      Collective::Meeting meeting(
          member, {weight.value().data(), mine.data(), mine_by_other.data(), c.samples});
      meeting.finish();
    });
    CHECK(y.shape() == Shape{4, c.rows});
    CHECK((mine_by_other(0, 0) != 7) == c.shared);
  }
}

TEST_CASE("shared product: weights of their own, too many samples, none, or variables") {
  const Parameter weight(random({out, in}, 1), "W");
  const std::vector<Parameter> own{Parameter(random({out, in}, 2), "U"),
                                   Parameter(random({out, in}, 3), "V")};
  for (const std::size_t samples : {0u, 2u, 64u, 70u}) {
    CAPTURE(samples);  // 70 and 70 have 75,000 numbers and more
    std::vector<Tensor> xs, by_own(2), by_one(2), by_sum(2);
    for (std::size_t w = 0; w < 2; ++w) xs.push_back(random({samples + w, in}, 10 + w));
    run(2, [&](std::size_t w, const auto&) {
      by_own[w] = matmul(xs[w], false, own[w], true).value();
      by_one[w] = matmul(xs[w], false, weight, true).value();
      by_sum[w] = matmul(xs[w], false, weight + own[w], true).value();
    });
    for (std::size_t w = 0; w < 2; ++w) {
      CHECK(same(by_own[w], matmul(xs[w], false, own[w], true).value()));
      CHECK(same(by_one[w], matmul(xs[w], false, weight, true).value()));
      CHECK(same(by_sum[w], matmul(xs[w], false, weight + own[w], true).value()));
    }
  }
}

TEST_CASE("shared product: members may go different ways through the layers") {
  const Parameter a(random({out, out}, 1), "A"), b(random({out, out}, 2), "B");
  const auto net = [&](const Var& x, std::size_t w) {  // of a depth and an order of its own
    Var y = x;
    if (w == 1) y = tanh(matmul(y, false, b, true));
    for (std::size_t i = 0; i < 1 + w; ++i) y = tanh(matmul(y, false, a, true));
    if (w != 2) y = tanh(matmul(y, false, b, true));
    return sum(square(y));
  };
  const auto gradients = [&](const Tensor& x, std::size_t w, std::vector<LazyGradient>& into) {
    const std::vector<Parameter> parameters{a, b};
    into.resize(2);
    Tape tape;
    tape.backward(net(x, w), 1, parameters, into);
  };
  for (const std::size_t count : {2u, 4u}) {
    std::vector<Tensor> xs;
    std::vector<std::vector<LazyGradient>> alone(count), shared(count);
    for (std::size_t w = 0; w < count; ++w) {
      xs.push_back(random({3, out}, 10 + w));
      gradients(xs[w], w, alone[w]);
    }
    run(count, [&](std::size_t w, const auto&) { gradients(xs[w], w, shared[w]); });
    for (std::size_t w = 0; w < count; ++w)
      for (std::size_t p = 0; p < 2; ++p) {
        Tensor expected = zeros({out, out}), found = zeros({out, out});
        if (alone[w][p]) alone[w][p].compute({0, expected.size()}, false, expected.data());
        if (shared[w][p]) shared[w][p].compute({0, found.size()}, false, found.data());
        CHECK(near(found, expected, 1e3 * tolerance, 1e3 * tolerance));
      }
  }
}

TEST_CASE("shared product: operands that don't fit, and a member that fails, end all") {
  const Parameter weight(random({out, in}, 1), "W");
  CHECK_ERROR("[matmul] inner dimensions differ: (3,7) × (300,250)ᵀ",
              run(2, [&](std::size_t w, const auto&) {
                matmul(random({3, w == 0 ? 7 : in}, 2), false, weight, true);
              }));
  CHECK_THROWS_WITH(run(3,
                        [&](std::size_t w, const auto&) {
                          for (std::size_t i = 0; i < 5; ++i) {
                            if (w == 1 && i == 2) throw std::runtime_error("the cause");
                            matmul(random({3, in}, 2), false, weight, true);
                          }
                        }),
                    "the cause");
}

}  // namespace reel::inline REEL_PRECISION
