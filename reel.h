// All of Reel's public headers.
#pragma once

#include <reel/autodiff/check.h>
#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/gemm.h>
#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>
#include <reel/autodiff/tensor.h>
#include <reel/data/batches.h>
#include <reel/data/dataset.h>
#include <reel/data/mnist.h>
#include <reel/nn/activations.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/module.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>
#include <reel/train/evaluate.h>
#include <reel/train/fit.h>
