// Tensor: a row-major xtensor array with value semantics, and the named functions that make one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if !defined(NDEBUG) && !defined(XTENSOR_ENABLE_ASSERT)
#define XTENSOR_ENABLE_ASSERT  // an index out of range throws in a build without NDEBUG
#endif
#include <xtensor/xarray.hpp>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/memory.h>
#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {

/// It works with every xtensor expression. Its memory comes from the caching allocator, so plain
/// values and temporaries cause no heap allocation. Don't call its constructors with numbers:
/// `Tensor({2, 3})` is a vector of two values. Use the functions below.
using Tensor = xt::xarray_container<xt::uvector<Real, memory::Allocator<Real>>,
                                    xt::layout_type::row_major, xt::svector<std::size_t, 4>>;

namespace detail {

// The library defines this function for the vectors that it was compiled for. Code that is compiled
// for another processor would share inline functions with the library that use other instructions;
// instead it does not link. Hint: compile both with the same -march.
void compiled_for(const xsimd::default_arch* vectors) noexcept;
inline const bool is_compiled_alike = (compiled_for(nullptr), true);

}  // namespace detail

/// The sizes of a tensor's axes; up to four are stored inline. `{}` is the shape of a scalar.
using Shape = Tensor::shape_type;

/// Class labels of a batch: integers, never Real.
using Label = std::int32_t;
/// The labels of a batch, one for each sample.
using Labels = std::vector<Label, memory::Allocator<Label>>;

Tensor scalar(Real value);                                               ///< shape ()
Tensor vector(std::initializer_list<Real> values);                       ///< shape (n)
Tensor matrix(std::initializer_list<std::initializer_list<Real>> rows);  ///< shape (rows, columns)
/// The same from vectors of float or double. Throws Error if the rows differ in length.
Tensor vector(const std::vector<float>& values);
Tensor vector(const std::vector<double>& values);
/// The same for the rows of a matrix.
Tensor matrix(const std::vector<std::vector<float>>& rows);
/// The same for the rows of a matrix.
Tensor matrix(const std::vector<std::vector<double>>& rows);
/// The values in row-major order. Throws Error if their number does not match the shape.
Tensor from_values(const Shape& shape, std::span<const Real> values);
/// A tensor of this shape, all of whose elements are `value`.
Tensor full(const Shape& shape, Real value);
/// A tensor of zeros.
Tensor zeros(const Shape& shape);
/// A tensor whose elements may have any value until they are written.
Tensor uninitialized(const Shape& shape);

/// The number of elements of a tensor of this shape; 1 for a scalar. Throws Error on overflow.
std::size_t element_count(const Shape& shape);
/// Whether a size or an index was a negative number before its conversion, for the hint of a
/// message.
inline bool was_negative(std::size_t size) { return static_cast<std::ptrdiff_t>(size) < 0; }

/// "(64,784)"; "()" for a scalar.
std::string to_string(const Shape& shape);

/// The elements as nested lists, "[[1, 2],\n [3, 4]]", with five digits; of an axis of more than
/// eight, only the first and the last three, if there are more than 200 elements.
std::string to_string(const Tensor& tensor);

/// The value of a tensor with one element. Throws Error if it has another number of elements.
Real item(const Tensor& tensor);

/// The shape that a and b broadcast to by NumPy's rule: sizes are aligned at the last axis, and 1
/// stretches. Throws Error, in the name of the operation `where`, if the shapes don't fit.
Shape broadcast_shape(const Shape& a, const Shape& b, std::string_view where);
/// Throws the same Error.
void expect_broadcast(const Tensor& a, const Tensor& b, std::string_view where);

}  // namespace reel::inline REEL_PRECISION

namespace reel::memory {

/// Prints to_string(tensor). It is in the namespace of the tensor's allocator, because there the
/// compiler finds it from any namespace.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace reel::memory
