// Products that threads share out by columns: what each gets, gradients, and who has W's numbers.
#include <reel/autodiff/column_product.h>

#include <doctest/doctest.h>

#include <limits>
#include <thread>
#include <vector>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/grad.h>
#include <reel/autodiff/kernels.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

#include "../near.h"
#include "../random.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t in = 100, out = 5, line = 64 / sizeof(Real);
const double tolerance = 500 * double(std::numeric_limits<Real>::epsilon());

Tensor rows_of(const Tensor& x, Share rows) {
  Tensor part = uninitialized({rows.size(), x.shape()[1]});
  std::copy_n(x.data() + rows.begin * x.shape()[1], part.size(), part.data());
  return part;
}

bool same(const Tensor& y, const Tensor& expected) {
  return near(y, expected, tolerance, tolerance);
}

// A worker says where the rows of x are.
void locate(ColumnProduct& product, std::size_t w, const Tensor& x) {
  StoredRows& rows = product.x(w);
  rows.starts.clear();
  for (std::size_t i = 0; i < x.shape()[0]; ++i) rows.starts.push_back(x.data() + i * x.shape()[1]);
}

// task(w, rows) as members, when all have multiplied x.
template <class Task>
void run(ColumnProduct& product, const Tensor& x, Task task) {
  const std::size_t count = product.workers();
  Workers workers(count);
  Collective collective(count);
  collective.start();
  workers.run([&](std::size_t w) {
    const Collective::Member member(collective, w);
    locate(product, w, x);
    product.multiply(w);
    task(w, ColumnRows{product, w, share_of(x.shape()[0], w, count)});
  });
}

// As if a step had changed all of W: what each has is multiplied by `factor`.
void scale(ColumnProduct& product, Real factor) {
  product.begin_update();
  for (std::size_t w = 0; w < product.workers(); ++w) {
    Real* own = product.own_weight(w);
    for (std::size_t i = 0; i < out * product.columns(w).size(); ++i) own[i] *= factor;
  }
}

TEST_CASE("column product: columns in whole lines, of all, and not of a wide or a small weight") {
  const Parameter weight(random({out, in}, 1));
  for (const std::size_t count : {1u, 2u, 3u, 6u}) {
    const ColumnProduct product(weight, count, 8);
    std::size_t next = 0;
    for (std::size_t w = 0; w < count; ++w) {
      CHECK(product.columns(w).begin == next);
      CHECK(next % line == 0);
      CHECK(product.columns(w).size() > 0);
      next = product.columns(w).end;
    }
    CHECK(next == in);
  }
  CHECK_ERROR("[column_product] 60 workers can't share out the columns of (5,100)",
              ColumnProduct(weight, 60, 8));
  CHECK_ERROR("[column_product] 0 workers", ColumnProduct(weight, 0, 8));
  CHECK_ERROR("[column_product] 1 workers can't share out the columns of (100)",
              ColumnProduct(Parameter(zeros({100})), 1, 8));
  CHECK(ColumnProduct::suits(weight, 2, 5));
  CHECK(!ColumnProduct::suits(weight, 2, 4));  // 500 numbers against 4·105
  CHECK(ColumnProduct::suits(weight, 1, 5));
  CHECK(!ColumnProduct::suits(weight, 0, 5));
  CHECK(!ColumnProduct::suits(weight, 60, 500));
  CHECK(ColumnProduct::suits(Parameter(zeros({32, in})), 2, 1000));
  CHECK(!ColumnProduct::suits(Parameter(zeros({33, in})), 2, 1000));
  const std::size_t most = (1 << 15) / sizeof(Real);  // columns that stay in the cache
  CHECK(ColumnProduct::suits(Parameter(zeros({2, 2 * most})), 2, 1000));
  CHECK(!ColumnProduct::suits(Parameter(zeros({2, 2 * most + 2})), 2, 1000));
  CHECK(!ColumnProduct::suits(Parameter(zeros({100})), 2, 500));
}

TEST_CASE("column product: each member gets its rows, and the gradients are those of affine") {
  const Parameter weight(random({out, in}, 1), "W"), bias(random({out}, 2), "b"), none;
  for (const std::size_t count : {2u, 3u, 5u})
    for (const std::size_t samples : {std::size_t{5}, std::size_t{16}}) {
      CAPTURE(count);
      const Tensor x = random({samples, in}, 3), g = random({samples, out}, 4);
      ColumnProduct product(weight, count, 16);
      for (const int kind : {0, 1, 2, 3}) {  // affine, affine_relu, and both without a bias
        CAPTURE(kind);
        const Parameter& b = kind < 2 ? bias : none;
        const bool relu = kind % 2 == 1;
        const auto alone = [&](const Tensor& rows) {
          const Var product_alone = matmul(rows, false, weight, true);
          const Var y = b ? product_alone + b : product_alone;
          return relu ? reel::relu(y) : y;
        };
        std::vector<std::vector<LazyGradient>> left(count, std::vector<LazyGradient>(2));
        std::vector<Tensor> ys(count), sums(count);
        run(product, x, [&](std::size_t w, const ColumnRows& rows) {
          const std::vector<Parameter> parameters{weight, bias};
          Tape tape(parameters);
          const Var y = relu ? affine_relu(rows, b) : affine(rows, b);
          ys[w] = y.value();
          tape.backward(sum(y * rows_of(g, rows.samples)), 2, parameters, left[w]);
          sums[w] = grad(sum(y * rows_of(g, rows.samples)), weight).value();  // not left for later
        });
        Tape tape;
        const Var y = alone(x);
        const Var loss = sum(y * g);
        const Tensor by_weight = grad(loss, weight).value();
        Tensor total = zeros({out, in}), from_sums = zeros({out, in});
        for (std::size_t w = 0; w < count; ++w) {
          CHECK(same(ys[w], rows_of(y.value(), share_of(samples, w, count))));
          REQUIRE(left[w][0].product.columns == &product);
          CHECK(left[w][0].shape() == Shape{out, in});
          CHECK(static_cast<bool>(left[w][1]) == (kind < 2));
          left[w][0].compute({0, total.size()}, true, total.data());
          from_sums += sums[w];
          const Share own = product.columns(w), middle{1, 4};
          Tensor part = uninitialized({middle.size(), own.size()});
          product.gradient(w, middle, part.data());
          for (std::size_t i = 0; i < middle.size(); ++i)
            for (std::size_t j = 0; j < own.size(); ++j)
              CHECK(near(part(i, j), 2 * by_weight(middle.begin + i, own.begin + j), tolerance,
                         tolerance));
        }
        CHECK(same(total, Real(2) * by_weight));
        CHECK(same(from_sums, by_weight));
        CHECK(product.whole({1, 3}) == rows_of(x, {1, 3}));
      }
    }
}

TEST_CASE("column product: derivatives of any order") {
  const Parameter weight(random({out, in}, 1)), bias(random({out}, 2));
  const Tensor x = random({4, in}, 3), direction = random({out, in}, 4);
  ColumnProduct product(weight, 2, 4);
  std::vector<Tensor> second(2);
  const auto curvature = [&](const Var& y) {
    const Var first = grad(sum(tanh(y)), weight, {.create_graph = true});
    return grad(sum(first * direction), weight).value();
  };
  run(product, x, [&](std::size_t w, const ColumnRows& rows) {
    Tape tape;
    second[w] = curvature(affine(rows, bias));
  });
  for (std::size_t w = 0; w < 2; ++w) {
    Tape tape;
    CHECK(same(second[w], curvature(affine(rows_of(x, share_of(4, w, 2)), weight, bias))));
  }
}

TEST_CASE("column product: the parameter has its numbers whenever it is asked") {
  Parameter weight(random({out, in}, 1));
  const Tensor before = weight.value(), twice = Real(2) * before, x = random({4, in}, 3);
  const auto product_of = [&](ColumnProduct& product) {
    std::vector<Tensor> ys(2);
    run(product, x,
        [&](std::size_t w, const ColumnRows& rows) { ys[w] = affine(rows, Parameter()).value(); });
    Tensor y = uninitialized({4, out});
    std::copy(ys[0].begin(), ys[0].end(), y.data());
    std::copy(ys[1].begin(), ys[1].end(), y.data() + ys[0].size());
    return y;
  };
  {
    ColumnProduct product(weight, 2, 4);
    CHECK(same(product_of(product), matmul(x, false, before, true)));
    const std::uint32_t version = Var(weight).shared().version();
    scale(product, 2);
    CHECK(Var(weight).shared().version() == version + 1);
    CHECK(weight.value() == twice);
    CHECK(same(product_of(product), matmul(x, false, twice, true)));
    scale(product, 2);
    CHECK(*Var(weight).shared() == Real(4) * before);  // by a variable
    scale(product, 2);
    weight.mutate() *= Real(2);  // what is there then is changed
    CHECK(same(product_of(product), matmul(x, false, Real(16) * before, true)));
    scale(product, 2);
    weight.set_value(before);
    CHECK(weight.value() == before);
    CHECK(same(product_of(product), matmul(x, false, before, true)));
    CHECK(weight.value() == before);
    CHECK(product.is_current());
    scale(product, 2);
    CHECK(product.is_current());
  }
  CHECK(weight.value() == twice);  // it has ended
  weight.set_value(before);
  ColumnProduct product(weight, 2, 4);
  product_of(product);
  scale(product, 2);
  std::vector<std::thread> readers;  // at the same time
  std::vector<char> right(4, 0);
  for (std::size_t i = 0; i < right.size(); ++i)
    readers.emplace_back([&, i] { right[i] = weight.value() == twice; });
  for (std::thread& reader : readers) reader.join();
  CHECK(right == std::vector<char>(4, 1));
}

TEST_CASE("column product: who may change W") {
  Parameter weight(random({out, in}, 1));
  const Tensor x = random({4, in}, 3);
  const auto use = [&](ColumnProduct& product) {
    run(product, x, [](std::size_t, const ColumnRows& rows) { affine(rows, Parameter()); });
  };
  ColumnProduct product(weight, 2, 4), other(weight, 2, 4);
  CHECK(!product.is_current());  // nobody knows W
  use(product);
  CHECK(product.is_current());
  weight.mutate() *= Real(2);  // since they have multiplied
  CHECK(!product.is_current());
  use(product);
  use(other);
  scale(other, 2);
  CHECK(other.is_current());
  CHECK(!product.is_current());  // the other one has W's numbers
}

TEST_CASE("column product: what does not fit") {
  Parameter weight(random({out, in}, 1));
  ColumnProduct product(weight, 2, 4);
  const Tensor five = random({5, in}, 3);
  locate(product, 0, five);
  CHECK_ERROR("[column_product] 5 samples, expected at most 4.", product.multiply(0));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, out + 1})
    CHECK_ERROR("[affine] takes b (5), got (",
                run(product, random({4, in}, 3), [&](std::size_t, const ColumnRows& rows) {
                  affine_relu(rows, Parameter(zeros({size})));
                }));
  product.x(0).starts.pop_back();
  weight.mutate() = zeros({out + 1, in});
  CHECK_ERROR("[column_product] the weight had shape (5,100), now (6,100).", product.multiply(0));
}

TEST_CASE("column product: one worker alone") {
  const Parameter weight(random({out, in}, 1));
  const Tensor x = random({4, in}, 3);
  ColumnProduct product(weight, 1, 4);
  locate(product, 0, x);
  product.multiply(0);
  CHECK(same(affine({product, 0, {1, 3}}, Parameter()).value(),
             matmul(rows_of(x, {1, 3}), false, weight.value(), true)));
}

TEST_CASE("column product: one member alone, and one that fails") {
  const Parameter weight(random({out, in}, 1));
  ColumnProduct product(weight, 2, 4);
  CHECK_ERROR("[collective] a member ended or failed before the others",
              run(product, random({4, in}, 3), [](std::size_t w, const ColumnRows& rows) {
                if (w == 0) affine(rows, Parameter());
              }));
  CHECK_THROWS_WITH(run(product, random({4, in}, 3),
                        [](std::size_t w, const ColumnRows& rows) {
                          if (w == 1) throw std::runtime_error("the cause");
                          affine(rows, Parameter());
                        }),
                    "the cause");
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
