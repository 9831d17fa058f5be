// All differentiable operations, by section. Each section is a header that declares its operations,
// and a source of the same name that defines them, each next to its derivative.
#pragma once

#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/gamma.h>
#include <reel/autodiff/ops/linear_algebra.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/autodiff/ops/normalization.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>
#include <reel/autodiff/ops/trigonometric.h>
