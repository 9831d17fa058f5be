// The rows of the losses.
#include <cmath>
#include <string>
#include <utility>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// ---- losses of labels

// 0, 2, 4, … modulo the classes.
Labels labels_for(const Shape& shape) {
  Labels labels(shape[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<Label>(2 * i % shape[1]);
  return labels;
}

// The options in Python.
std::string keywords(Reduction reduction) {
  return reduction == Reduction::mean ? "reduction='mean'" : "reduction='sum'";
}

std::string keywords(const CrossEntropyOptions& options) {
  std::string text =
      concat(keywords(options.reduction), ", label_smoothing=", options.label_smoothing);
  if (options.class_weights.dimension() > 0) text += ", weight=" + in_python(options.class_weights);
  if (options.ignored) text += concat(", ignore_index=", *options.ignored);
  return text;
}

// ((1 − ε)·Σᵢ w[labelᵢ]·(−log p[i, labelᵢ]) + ε/K·Σᵢ Σ_c w[c]·(−log p[i, c])) / Σᵢ w[labelᵢ]
Exact cross_entropy_of(const Plain& log_p, const Labels& labels,
                       const CrossEntropyOptions& options) {
  const std::size_t classes = log_p.shape[1];
  const Exact smoothing = options.label_smoothing;
  const auto weight = [&](std::size_t c) -> Exact {
    return options.class_weights.dimension() == 0 ? 1 : options.class_weights(c);
  };
  Exact loss = 0, total = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == options.ignored) continue;
    const auto label = static_cast<std::size_t>(labels[i]);
    loss -= (1 - smoothing) * weight(label) * log_p.at({i, label});
    if (smoothing > 0)  // otherwise other classes do not count, not even as 0·∞
      for (std::size_t c = 0; c < classes; ++c)
        loss -= smoothing / Exact(classes) * weight(c) * log_p.at({i, c});
    total += weight(label);
  }
  return options.reduction == Reduction::mean ? loss / total : loss;
}

Plain log_softmax_of(const Plain& x) {
  return mapped(x, 1, [](Lane lane) {
    Exact total = 0;  // finite up to x = 11356
    for (const Exact v : lane) total += std::exp(v);
    for (Exact& v : lane) v -= std::log(total);
    return lane;
  });
}

using LabelLoss = std::function<Var(const Var&, std::span<const Label>, CrossEntropyOptions)>;

// The calls that losses of labels have in common. `log_p` makes the log-probabilities of the input;
// `care` are inputs (3, 4) where the loss may overflow or lose digits.
Operation label_loss(const std::string& name, const LabelLoss& f,
                     const std::function<Plain(const Plain&)>& log_p,
                     const std::vector<std::pair<std::string, Tensor>>& care = {}) {
  Operation row{name, Kind::loss};
  const auto accept = [&](const std::string& what, const CrossEntropyOptions& options,
                          const std::vector<Shape>& shapes) {
    row.accepts(
           what + " of", [=](Vars x) { return f(x[0], labels_for(x[0].shape()), options); },
           [=](const Plains& x) {
             const Labels labels = labels_for({x[0].shape[0], x[0].shape[1]});
             return plain(cross_entropy_of(log_p(x[0]), labels, options));
           },
           single(shapes))
        .in_pytorch(name + "(x, 2 * arange(len(x)) % x.shape[1], " + keywords(options) + ")");
    if (options.class_weights.dimension() > 0) return;
    for (const auto& [where, logits] : care) row.at(what + " of " + where, {logits}, once);
  };
  const auto accept_both = [&](const std::string& what, CrossEntropyOptions options,
                               const std::vector<Shape>& shapes) {
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      options.reduction = reduction;
      accept(what + (reduction == Reduction::mean ? " mean" : " sum"), options, shapes);
    }
  };
  const auto refuse = [&](const Labels& labels, const CrossEntropyOptions& options,
                          const std::vector<Shape>& shapes, const std::string& error) {
    row.refuses([=](Vars x) { return f(x[0], labels, options); }, single(shapes), error);
  };
  accept("mean", {}, {{1, 1}, {3, 4}, {1, 4}, {5, 1}, {3, 37}});
  accept("sum", {.reduction = Reduction::sum}, {{1, 1}, {3, 4}, {0, 4}});
  const Tensor weights = vector({0.5, 2, 1.5});
  accept_both("smoothed", {.label_smoothing = Real(0.1)}, {{4, 3}});
  accept_both("weighted", {.class_weights = weights}, {{4, 3}});
  accept_both("partial", {.ignored = 2}, {{4, 3}});
  accept_both("weighted, smoothed, partial",
              {.label_smoothing = Real(0.1), .class_weights = weights, .ignored = 1}, {{4, 3}});
  accept("weighted, smoothed mean", {.label_smoothing = Real(0.25), .class_weights = weights},
         {{4, 3}});
  accept("weighted, smoothed, partial sum",
         {.reduction = Reduction::sum,
          .label_smoothing = Real(0.1),
          .class_weights = weights,
          .ignored = 1},
         {{0, 3}});
  accept("mean, all smoothing", {.label_smoothing = 1}, {{1, 3}});
  row.accepts(
         "labels below 0 ignored in",
         [=](Vars x) {
           return f(x[0], Labels{2, -1, 1, -1}, {.ignored = -1});
         },
         [=](const Plains& x) {
           return plain(cross_entropy_of(log_p(x[0]), {2, -1, 1, -1}, {.ignored = -1}));
         },
         single({{4, 3}}))
      .in_pytorch(name + "(x, tensor([2, -1, 1, -1]), ignore_index=-1)");
  refuse({0}, {}, {{}, {0}, {1}, {4}, {1, 2, 3}}, "takes one row a sample");
  refuse({0, 1}, {}, {{1, 4}, {3, 4}}, "2 labels for rows");
  refuse({0, 4}, {}, {{2, 4}}, "label 4 at 1 is not one of 4 classes");
  refuse({-1, 0}, {}, {{2, 4}}, "label -1 at 0 is not one of 4 classes");
  refuse({1, 1}, {.ignored = 1}, {{2, 3}}, "all labels are ignored");
  refuse({}, {.label_smoothing = Real(0.1)}, {{0, 3}}, "all labels are ignored");
  refuse({0}, {.label_smoothing = Real(1.5)}, {{1, 3}}, "label smoothing 1.5 is not");
  refuse({0}, {.class_weights = vector({1, 2})}, {{1, 3}}, "class weights (2) for 3 classes");
  return row;
}

// The fused operation where the options are the plain ones.
Var cross_entropy(const Var& logits, std::span<const Label> labels,
                  const CrossEntropyOptions& options) {
  const bool plain_options =
      options.label_smoothing == 0 && options.class_weights.dimension() == 0 && !options.ignored;
  return plain_options ? softmax_cross_entropy(logits, labels, options.reduction)
                       : softmax_cross_entropy(logits, labels, options);
}

Operation softmax_cross_entropy_operation() {
  const std::vector<std::pair<std::string, Tensor>> care{
      {"large logits", between(-800, 800)({3, 4}, 0)},
      {"logits up to 1e4", between(-1e4, 1e4)({3, 4}, 0)}};
  return label_loss("softmax_cross_entropy", cross_entropy, log_softmax_of, care)
      .accepts(
          "with options as without of",
          [](Vars x) {
            return softmax_cross_entropy(x[0], labels_for(x[0].shape()), CrossEntropyOptions());
          },
          [](const Plains& x) {
            return plain(cross_entropy_of(log_softmax_of(x[0]), labels_for({3, 4}), {}));
          },
          single({{3, 4}}))
      .in_pytorch("softmax_cross_entropy(x, tensor([0, 2, 0]))")
      .refuses([](Vars x) { return softmax_cross_entropy(x[0], Labels{}); }, single({{0, 3}}),
               "the mean over an empty batch is undefined");
}

Operation negative_log_likelihood_operation() {
  const auto f = [](const Var& x, std::span<const Label> labels, CrossEntropyOptions options) {
    return negative_log_likelihood(x, labels, options);
  };
  return label_loss("negative_log_likelihood", f, [](const Plain& x) { return x; });
}

// ---- losses of a prediction and a target

using PairLoss = std::function<Var(const Var&, const Var&, Reduction)>;

// The prediction of one domain, the target of another.
Domain pair_of(const Domain& prediction, const Domain& target) {
  return [=](const Shape& shape, std::size_t input) {
    return (input == 0 ? prediction : target)(shape, input);
  };
}

// 1 and −1 in turn.
Tensor signs(const Shape& shape, std::size_t) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = i % 2 ? Real(-1) : Real(1);
  return t;
}

Reference total(Reduction reduction, Exact (*f)(Exact, Exact)) {
  return [=](const Plains& x) {
    Exact sum = 0;
    for (std::size_t i = 0; i < x[0].values.size(); ++i) sum += f(x[0].values[i], x[1].values[i]);
    return plain(reduction == Reduction::mean ? sum / Exact(x[0].values.size()) : sum);
  };
}

std::vector<Shapes> alike(const std::vector<Shape>& shapes) {
  std::vector<Shapes> calls;
  for (const Shape& shape : shapes) calls.push_back({shape, shape});
  return calls;
}

// Of one term for each two elements.
Operation pair_loss(const std::string& name, const PairLoss& f, Exact (*term)(Exact, Exact),
                    const Domain& domain = between(-2, 2)) {
  const CheckedFunction mean = [f](Vars x) { return f(x[0], x[1], Reduction::mean); };
  const CheckedFunction sum = [f](Vars x) { return f(x[0], x[1], Reduction::sum); };
  const auto in_pytorch = [&](Reduction r) { return name + "(x, y, " + keywords(r) + ")"; };
  return Operation{name, Kind::loss, domain}
      .accepts("sum of", sum, total(Reduction::sum, term), alike({{}, {0}, {5}, {2, 3}, {0, 3}}))
      .in_pytorch(in_pytorch(Reduction::sum))
      .accepts("mean of", mean, total(Reduction::mean, term),
               alike({{}, {1}, {5}, {2, 3}, {2, 3, 2}, {37}}))
      .in_pytorch(in_pytorch(Reduction::mean))
      .refuses(mean, alike({{0}, {0, 3}}), "the mean over an empty batch is undefined")
      .refuses(mean, {{{2, 3}, {3}}}, "prediction (2,3) and target (3) differ in shape")
      .refuses(mean, {{{}, {1}}}, "prediction () and target (1) differ in shape");
}

Exact huber_of(Exact p, Exact t) {  // delta is 1
  const Exact e = std::abs(p - t);
  return e <= 1 ? e * e / 2 : e - Exact(0.5);
}

std::vector<Tensor> far_pairs() { return {vector({-1e4, -30, 30, 1e4}), vector({1, -1, 1, -1})}; }

Operation huber_operation() {
  const auto f = [](const Var& p, const Var& t, Reduction r) { return huber(p, t, 1, r); };
  return pair_loss("huber", f, huber_of)
      .at("far out", far_pairs(), once)
      .accepts(
          "delta 2, sum of", [](Vars x) { return huber(x[0], x[1], 2, Reduction::sum); },
          total(Reduction::sum, [](Exact p, Exact t) { return huber_of(p / 2, t / 2) * 4; }),
          alike({{2, 3}}))
      .in_pytorch("huber_loss(x, y, delta=2, reduction='sum')")
      .accepts(
          "delta 0.5 of", [](Vars x) { return huber(x[0], x[1], Real(0.5)); },
          total(Reduction::mean, [](Exact p, Exact t) { return huber_of(2 * p, 2 * t) / 4; }),
          alike({{5}, {2, 3}}))
      .in_pytorch("huber_loss(x, y, delta=0.5)")
      .at("at delta", {vector({-1.5, 0.5, 1, 5}), vector({-1, 0, 1, 0})}, once)
      .refuses([](Vars x) { return huber(x[0], x[1], 0); }, alike({{2}}), "delta 0 is not above 0");
}

// Summed over the last axis; the mean is over the others.
Operation kl_divergence_operation() {
  const auto reference = [](Reduction reduction) -> Reference {
    return [reduction](const Plains& x) {
      const Index& shape = x[0].shape;
      Exact sum = 0, rows = 1;
      for (std::size_t i = 0; i < x[0].values.size(); ++i)
        if (x[1].values[i] != 0)
          sum += x[1].values[i] * (std::log(x[1].values[i]) - x[0].values[i]);
      for (std::size_t k = 0; k + 1 < shape.size(); ++k) rows *= Exact(shape[k]);
      return plain(reduction == Reduction::mean ? sum / rows : sum);
    };
  };
  const auto f = [](Reduction r) { return [r](Vars x) { return kl_divergence(x[0], x[1], r); }; };
  const Tensor zeros = matrix({{0, 0.25, 0.75}, {1, 0, 0}});
  return Operation{"kl_divergence", Kind::loss, pair_of(between(-3, -0.1), between(0.1, 1))}
      .accepts("mean of", f(Reduction::mean), reference(Reduction::mean),
               alike({{0}, {1}, {5}, {2, 3}, {2, 3, 2}, {2, 37}}))
      .in_pytorch("kl_divergence(x, y, reduction='mean')")
      .accepts("sum of", f(Reduction::sum), reference(Reduction::sum), alike({{5}, {2, 3}, {0, 3}}))
      .in_pytorch("kl_divergence(x, y, reduction='sum')")
      .accepts(
          "", [zeros](Vars x) { return kl_divergence(x[0], Var(zeros)); },
          [=](const Plains& x) {
            return reference(Reduction::mean)({x[0], plain(zeros)});
          },
          {})
      .in_pytorch("kl_divergence(x, " + in_python(zeros) + ")")
      .at("zeros in the target", {between(-3, -0.1)({2, 3}, 0)}, once)
      .refuses(f(Reduction::sum), alike({{}}), "takes a last axis to sum, got a number")
      .refuses(f(Reduction::mean), alike({{0, 3}}), "the mean over an empty batch is undefined")
      .refuses(f(Reduction::mean), {{{2, 3}, {3}}},
               "prediction (2,3) and target (3) differ in shape");
}

}  // namespace

std::vector<Operation> losses() {
  const Domain all = between(-2, 2);
  return {
      softmax_cross_entropy_operation(),
      negative_log_likelihood_operation(),
      pair_loss(
          "binary_cross_entropy", binary_cross_entropy,
          [](Exact x, Exact z) {
            const Exact p = 1 / (1 + std::exp(-x)), q = 1 / (1 + std::exp(x));
            return -z * std::log(p) - (1 - z) * std::log(q);
          },
          pair_of(all, between(0, 1)))
          .at("labels", {vector({-1.25, 0.375, 1.5, -0.625, 0.875}), vector({0, 1, 1, 0, 1})})
          .at("far out", {vector({-700, -30, -5, 5, 30, 700}), vector({0, 1, 0, 1, 0.25, 1})}, once)
          .at("nearly certain", {vector({-700, -30, 30, 700}), vector({0, 0, 1, 1})}, once)
          .at("logits up to 1e4", {vector({-1e4, -1e4, 1e4, 1e4}), vector({0, 1, 0, 1})}, once),
      pair_loss("squared_error", squared_error, [](Exact p, Exact t) { return (p - t) * (p - t); })
          .at("far out", far_pairs(), once),
      pair_loss("absolute_error", absolute_error, [](Exact p, Exact t) { return std::abs(p - t); })
          .at("far out", far_pairs(), once)
          .at("ties", {vector({1, 2, 3}), vector({1, 0, 3})}, once),
      huber_operation(),
      kl_divergence_operation(),
      pair_loss(
          "hinge", hinge, [](Exact p, Exact t) { return 1 - t * p < 0 ? Exact(0) : 1 - t * p; },
          pair_of(all, signs))
          .at("far out", far_pairs(), once)
          .at("on the margin", {vector({1, -1, 2, 0.5}), vector({1, -1, 1, -1})}, once),
  };
}

}  // namespace reel::inline REEL_PRECISION
