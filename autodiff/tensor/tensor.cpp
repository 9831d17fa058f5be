// Builds tensors, and computes shapes.
#include <reel/autodiff/tensor/tensor.h>

#include <algorithm>
#include <limits>

namespace reel::inline REEL_PRECISION {

void detail::compiled_for(const xsimd::default_arch*) noexcept {}

Tensor uninitialized(const Shape& shape) {
  element_count(shape);
  return Tensor(shape);
}

Tensor full(const Shape& shape, Real value) {
  Tensor result = uninitialized(shape);
  std::fill(result.data(), result.data() + result.size(), value);
  return result;
}

Tensor zeros(const Shape& shape) { return full(shape, 0); }

Tensor scalar(Real value) { return full({}, value); }

Tensor from_values(const Shape& shape, std::span<const Real> values) {
  if (element_count(shape) != values.size())
    fail_usage("from_values", "shape ", to_string(shape), " takes ", element_count(shape),
               " values, got ", values.size(), '.');
  Tensor result = uninitialized(shape);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

Tensor vector(std::initializer_list<Real> values) {
  return from_values({values.size()}, {values.begin(), values.size()});
}

Tensor matrix(std::initializer_list<std::initializer_list<Real>> rows) {
  const std::size_t columns = rows.size() ? rows.begin()->size() : 0;
  Tensor result = uninitialized({rows.size(), columns});
  Real* out = result.data();
  for (const auto& row : rows) {
    if (row.size() != columns)
      fail_usage("matrix", "rows of ", columns, " and of ", row.size(), " values.");
    out = std::copy(row.begin(), row.end(), out);
  }
  return result;
}

namespace {

template <class T>
Tensor vector_of(const std::vector<T>& values) {
  Tensor result = uninitialized({values.size()});
  std::transform(values.begin(), values.end(), result.data(),
                 [](T value) { return static_cast<Real>(value); });
  return result;
}

template <class T>
Tensor matrix_of(const std::vector<std::vector<T>>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  Tensor result = uninitialized({rows.size(), columns});
  Real* out = result.data();
  for (const auto& row : rows) {
    if (row.size() != columns)
      fail_usage("matrix", "rows of ", columns, " and of ", row.size(), " values.");
    for (const T value : row) *out++ = static_cast<Real>(value);
  }
  return result;
}

}  // namespace

Tensor vector(const std::vector<float>& values) { return vector_of(values); }
Tensor vector(const std::vector<double>& values) { return vector_of(values); }
Tensor matrix(const std::vector<std::vector<float>>& rows) { return matrix_of(rows); }
Tensor matrix(const std::vector<std::vector<double>>& rows) { return matrix_of(rows); }

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  bool overflow = false;
  for (const std::size_t size : shape) {
    if (size == 0) return 0;
    overflow |= __builtin_mul_overflow(count, size, &count);
  }
  overflow |= count > std::numeric_limits<std::size_t>::max() / sizeof(Real);
  if (overflow)
    fail_usage("tensor", "shape ", to_string(shape), " has too many elements.",
               std::any_of(shape.begin(), shape.end(), was_negative)
                   ? " Hint: a size cannot be negative, and -1 does not stand for the rest."
                   : "");
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (const std::size_t size : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(size);
  }
  return text += ')';
}

Real item(const Tensor& tensor) {
  if (tensor.size() != 1)
    fail_usage("item", "a tensor of shape ", to_string(tensor.shape()), " is not one number.",
               tensor.size() == 0 ? "" : " Hint: sum or average it.");
  return *tensor.data();
}

Shape broadcast_shape(const Shape& a, const Shape& b, std::string_view where) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape shape = longer;
  const std::size_t offset = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::size_t& size = shape[offset + i];
    if (size == 1)
      size = shorter[i];
    else if (shorter[i] != 1 && shorter[i] != size)
      fail_usage(where, "shapes ", to_string(a), " and ", to_string(b), " don't broadcast: axis ",
                 offset + i, " has ", longer[offset + i], " and ", shorter[i], '.');
  }
  return shape;
}

void expect_broadcast(const Tensor& a, const Tensor& b, std::string_view where) {
  if (a.shape() != b.shape()) broadcast_shape(a.shape(), b.shape(), where);
}

}  // namespace reel::inline REEL_PRECISION
