// Takes rows of a matrix; the rule of `take` adds up the gradients of a row.
#include <reel/nn/embedding.h>

#include <limits>

#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// Indices of rows. Throws Error for the first that is none, in the name of `where`.
template <class Number>
std::vector<std::size_t> rows_of(std::span<const Number> indices, std::size_t count,
                                 const std::string& where) {
  std::vector<std::size_t> rows;
  rows.reserve(indices.size());
  for (const Number index : indices) {
    const double number = static_cast<double>(index);
    const bool is_row = number >= 0 && number < static_cast<double>(count);
    const std::size_t row = is_row ? static_cast<std::size_t>(index) : count;
    if (!is_row || static_cast<double>(row) != number)
      fail_usage(where, "index ", index, " at position ", rows.size(),
                 ", expected a whole number from 0 to ", count - 1, '.');
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Embedding::Embedding(std::size_t count, std::size_t dimension) {
  if (count == 0 || dimension == 0)
    fail_usage("embedding", "takes at least 1 row and 1 column, got ", count, " and ", dimension,
               '.');
  weight = Parameter::uninitialised({count, dimension});
  weight.set_name("weight");
}

std::string Embedding::label() const {
  return name().empty() ? "embedding" : concat("embedding \"", name(), '"');
}

Var Embedding::operator()(std::span<const Label> indices) const {
  const Scope scope = own_scope();
  return take(weight, rows_of(indices, count(), label()));
}

Var Embedding::forward(const Var& indices) const {
  constexpr std::size_t exact = std::size_t{1} << std::numeric_limits<Real>::digits;
  if (count() > exact)
    fail_usage(label(), "has ", count(), " rows, and a Real counts only to ", exact,
               ". Hint: give the indices as Labels.");
  const Tensor& numbers = indices.value();
  const std::span<const Real> all(numbers.data(), numbers.size());
  Shape shape = numbers.shape();
  shape.push_back(dimension());
  return reshape(take(weight, rows_of(all, count(), label())), shape);
}

void Embedding::visit(Visitor& v) { v("weight", weight); }

void Embedding::reset(Init, Rng& rng) {
  Tensor values = uninitialized(weight.shape());
  for (Real& x : values.storage()) x = static_cast<Real>(rng.normal());
  weight.set_value(values);
}

std::string Embedding::describe() const {
  return concat("Embedding(", count(), ", ", dimension(), ')');
}

Embedding Embedding::clone() const {
  Embedding copy(count(), dimension());
  copy_state(*this, copy);
  return copy;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
