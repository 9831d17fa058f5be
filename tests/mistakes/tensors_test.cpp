// Mistakes with tensors and operations.
#include "mistake.h"

using namespace reel;

namespace {

const Tensor a23 = matrix({{1, 2, 3}, {4, 5, 6}});
const Var x23 = a23;
std::string shape_of(const Tensor& t) { return "shape " + to_string(t.shape()); }

}  // namespace

TEST_CASE("mistakes: tensors") {
  check_mistakes({
      // xtensor's constructors, which Reel cannot change
      {"Tensor({2, 3}) for zeros({2, 3})",
       [] {
         return shape_of(Tensor({2, 3}));
       },
       "shape (2)"},
      {"Tensor(3) for zeros({3})", [] { return shape_of(Tensor(3)); }, "shape ()"},
      {"rows of several lengths",
       [] {
         return matrix({{1, 2, 3}, {4, 5}});
       },
       "[matrix] rows of 3 and of 2 values."},
      {"vectors of several lengths",
       [] {
         return matrix(std::vector<std::vector<double>>{{1}, {2, 3}});
       },
       "[matrix] rows of 1 and of 2 values."},
      {"values that do not fill the shape",
       [] {
         return from_values({2, 3}, std::vector<Real>{1, 2, 3, 4});
       },
       "[from_values] shape (2,3) takes 6 values, got 4."},
      {"a negative size",
       [] {
         return zeros({static_cast<std::size_t>(-1), 28});
       },
       "[tensor] shape (18446744073709551615,28) has too many elements. Hint: a size cannot be "
       "negative, and -1 does not stand for the rest."},
      {"a column minus a vector",
       [] {
         return Var(zeros({60, 1})) - Var(zeros({60}));
       },
       "warning: [subtract] shapes (60,1) and (60) broadcast to (60,60). Hint: reshape one of "
       "them, or use squared_error(prediction, target); if the matrix is intended, "
       "expand_dims(vector, 0) says so."},
      {"a sum of shapes that do not fit", [] { return x23 + Var(zeros({2})); },
       "[add] shapes (2,3) and (2) don't broadcast: axis 1 has 3 and 2."},
      {"item() of a batch of losses", [] { return square(x23).item(); },
       "[item] a tensor of shape (2,3) is not one number. Hint: sum or average it."},
      {"clip with its bounds swapped", [] { return clip(a23, 1, 0); },
       "[clip] low 1 is above high 0."},
  });
}

TEST_CASE("mistakes: operations") {
  const std::vector<Label> two_labels = {0, 2};
  check_mistakes({
      {"multiply shapes that do not broadcast",
       [] {
         return x23 * Var(zeros({3, 2}));
       },
       "[multiply] shapes (2,3) and (3,2) don't broadcast: axis 0 has 2 and 3."},
      {"matmul with its operands swapped",
       [] {
         return matmul(Var(zeros({784, 10})), Var(zeros({64, 784})));
       },
       "[matmul] inner dimensions differ: (784,10) × (64,784)."},
      {"matmul of a number", [] { return matmul(x23, Var(2)); },
       "[matmul] takes vectors, matrices and batches of matrices, got (2,3) and ()."},
      {"matmul of batches of several sizes",
       [] {
         return matmul(Var(zeros({4, 2, 3})), Var(zeros({5, 3, 2})));
       },
       "[matmul] shapes (4) and (5) don't broadcast: axis 0 has 4 and 5."},
      {"dot of matrices", [] { return dot(x23, x23); },
       "[dot] takes two vectors of one size, got (2,3) and (2,3)."},
      {"outer of matrices", [] { return outer(x23, Var(1)); },
       "[outer] takes two vectors, got (2,3) and ()."},
      {"affine with W (in, out), as in Keras",
       [] {
         return affine(Var(zeros({5, 3})), Var(zeros({3, 4})), Var(zeros({4})));
       },
       "[affine] takes x (batch,in), W (out,in) and b (out), got (5,3), (3,4) and (4)."},
      {"affine with a bias of the wrong size",
       [] {
         return affine(x23, Var(zeros({4, 3})), Var(zeros({3})));
       },
       "[affine] takes x (batch,in), W (out,in) and b (out), got (2,3), (4,3) and (3)."},
      {"sum along an axis that does not exist", [] { return sum(x23, 2); },
       "[sum] axis 2 is out of range for shape (2,3)."},
      {"an axis named twice",
       [] {
         return sum(x23, {0, -2});
       },
       "[sum] axis -2 is named twice."},
      {"mean of nothing", [] { return mean(Var(zeros({0}))); },
       "[mean] shape (0) has nothing to take the mean of."},
      {"max of nothing",
       [] {
         return max(Var(zeros({0, 3})), 0);
       },
       "[max] shape (0,3) has nothing to take the maximum of."},
      {"logsumexp of nothing", [] { return logsumexp(Var(zeros({0}))); },
       "[logsumexp] shape (0) has nothing to sum."},
      {"variance of one sample",
       [] {
         return variance(Var(zeros({1, 3})), 0);
       },
       "[variance] shape (1,3) has 1 elements for each result, and the correction is 1."},
      {"reshape to another number of elements",
       [] {
         return reshape(x23, {4, 2});
       },
       "[reshape] (2,3) has 6 elements, (4,2) takes 8."},
      {"reshape with PyTorch's -1",
       [] {
         return reshape(x23, {static_cast<std::size_t>(-1), 2});
       },
       "[tensor] shape (18446744073709551615,2) has too many elements. Hint: a size cannot be "
       "negative, and -1 does not stand for the rest."},
      {"transpose with two axes of three",
       [] {
         return transpose(Var(zeros({2, 3, 4})), {0, 1});
       },
       "[transpose] the order (0,1) is no permutation of the axes of (2,3,4)."},
      {"squeeze an axis of size 3", [] { return squeeze(x23, 1); },
       "[squeeze] axis 1 of (2,3) has not size 1."},
      {"expand_dims beyond the last axis", [] { return expand_dims(x23, 4); },
       "[expand_dims] position 4 is out of range for shape (2,3)."},
      {"broadcast_to a smaller shape", [] { return broadcast_to(x23, {3}); },
       "[broadcast_to] (2,3) does not broadcast to (3)."},
      {"concatenate along the wrong axis",
       [] {
         return concatenate({x23, Var(zeros({2, 4}))}, 0);
       },
       "[concatenate] (2,3) and (2,4) differ in an axis other than 0."},
      {"concatenate nothing", [] { return concatenate(std::vector<Var>()); },
       "[concatenate] there is nothing to join."},
      {"stack of several shapes",
       [] {
         return stack({x23, Var(zeros({2, 4}))});
       },
       "[stack] (2,3) and (2,4) differ in shape."},
      {"slice beyond the end", [] { return slice(x23, 1, 1, 5); },
       "[slice] 1 … 5 is no part of axis 1 of (2,3)."},
      {"slice with begin after end", [] { return slice(x23, 1, 2, 1); },
       "[slice] 2 … 1 is no part of axis 1 of (2,3)."},
      {"slice with NumPy's negative index",
       [] { return slice(x23, 1, static_cast<std::size_t>(-2), 3); },
       "[slice] 18446744073709551614 … 3 is no part of axis 1 of (2,3). Hint: positions count from "
       "the start; a negative one is not possible."},
      {"slice with step 0", [] { return slice(x23, 1, 0, 3, 0); },
       "[slice] the step is 0, expected at least 1."},
      {"take a row that does not exist",
       [] {
         return take(x23, {0, 2});
       },
       "[take] index 2 is not below the axis' size 2."},
      {"softmax along an axis that does not exist", [] { return softmax(x23, -3); },
       "[softmax] axis -3 is out of range for shape (2,3)."},
      {"maxout of a width that is no multiple", [] { return maxout(x23, 2); },
       "[maxout] takes (batch, units·2), got (2,3)."},
      {"inverse of a matrix that is not square", [] { return inverse(x23); },
       "[inverse] takes a square matrix, got (2,3)."},
      {"inverse of a singular matrix",
       [] {
         return inverse(Var(zeros({2, 2})));
       },
       "[inverse] the matrix (2,2) is singular."},
      {"solve with b of the wrong size",
       [] {
         return solve(Var(zeros({3, 3})), Var(zeros({2})));
       },
       "[solve] takes A (n,n) and b (n) or (n,m), got (3,3) and (2)."},
      {"cholesky of an indefinite matrix",
       [] {
         return cholesky(Var(matrix({{1, 2}, {2, 1}})));
       },
       "[cholesky] the matrix (2,2) is not positive definite."},
      {"trace of a vector", [] { return trace(Var(zeros({3}))); },
       "[trace] takes a matrix, got (3)."},
      {"polygamma of order -1", [] { return polygamma(-1, x23); },
       "[polygamma] the order -1 is not within 0 and 100."},
      {"labels from 1 instead of 0",
       [] {
         return nn::cross_entropy(x23, std::vector<Label>{1, 3});
       },
       "[softmax_cross_entropy] label 3 at 1 is not one of 3 classes."},
      {"PyTorch's ignored label -100",
       [] {
         return nn::cross_entropy(x23, std::vector<Label>{1, -100});
       },
       "[softmax_cross_entropy] label -100 at 1 is not one of 3 classes."},
      {"one label too few", [] { return nn::cross_entropy(x23, std::vector<Label>{1}); },
       "[softmax_cross_entropy] 1 labels for rows (2,3)."},
      {"scores of one sample without a batch axis",
       [&] { return nn::cross_entropy(Var(zeros({3})), two_labels); },
       "[softmax_cross_entropy] takes one row a sample, (batch,classes), got (3)."},
      {"an empty batch",
       [] {
         return nn::cross_entropy(Var(zeros({0, 3})), std::vector<Label>());
       },
       "[softmax_cross_entropy] the mean over an empty batch is undefined."},
      {"label smoothing in percent",
       [&] { return nn::cross_entropy(x23, two_labels, {.label_smoothing = 10}); },
       "[softmax_cross_entropy] label smoothing 10 is not within 0 and 1."},
      {"too few class weights",
       [&] {
         return nn::cross_entropy(x23, two_labels, {.class_weights = vector({1, 2})});
       },
       "[softmax_cross_entropy] class weights (2) for 3 classes."},
      {"all labels ignored",
       [] {
         return nn::cross_entropy(x23, std::vector<Label>{2, 2}, {.ignored = 2});
       },
       "[softmax_cross_entropy] all labels are ignored or have weight 0, so there is no mean."},
      {"squared_error of a column and a vector",
       [] {
         return nn::squared_error(Var(zeros({60, 1})), Var(zeros({60})));
       },
       "[squared_error] prediction (60,1) and target (60) differ in shape."},
      {"a target that would broadcast",
       [] {
         return binary_cross_entropy(Var(zeros({8, 1})), Var(1));
       },
       "[binary_cross_entropy] prediction (8,1) and target () differ in shape."},
      {"huber with delta 0", [] { return huber(x23, x23, 0); }, "[huber] delta 0 is not above 0."},
      {"the Kullback-Leibler divergence of numbers", [] { return kl_divergence(Var(1), Var(1)); },
       "[kl_divergence] takes a last axis to sum, got a number."},
      {"batch_norm of one row",
       [] {
         return batch_norm(Var(zeros({1, 3})), Var(zeros({3})), Var(zeros({3})));
       },
       "[batch_norm] a batch of 1 has no variance. Hint: at least 2 samples in each batch, or "
       "model.eval()."},
  });
}
