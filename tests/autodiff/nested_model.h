// A model whose parts have parts, and which opens a scope inside.
#pragma once

#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {

struct Block : nn::Module {
  nn::Linear in{3, 4}, out{4, 2};
  Var forward(const Var& x) const override {
    const Var h = relu(in(x));
    const Scope scope("tail");
    return exp(out(h));
  }
  void visit(nn::Visitor& v) override {
    v("in", in);
    v("out", out);
  }
};

struct Model : nn::Module {
  Block block;
  nn::Sequential head{nn::Linear(2, 2), nn::tanh};
  Var forward(const Var& x) const override { return head(block(x)); }
  void visit(nn::Visitor& v) override {
    v("block", block);
    v("head", head);
  }
};

}  // namespace reel::inline REEL_PRECISION
