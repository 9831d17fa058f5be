// Var: a value with its node on a tape. Parameter: a value that outlives tapes.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <utility>

#include <reel/autodiff/tensor/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

class Parameter;

/// A tensor or a lazy xtensor expression of numbers.
template <class T>
concept TensorExpression =
    xt::is_xexpression<std::remove_cvref_t<T>>::value && std::convertible_to<T, Tensor>;

/// A cheap handle: it shares ownership of its value and knows its node on the tape, but not its
/// inputs. A Var made from a number or a tensor is a constant. A Var made from a Parameter, or by
/// `Tape::variable`, is a leaf to differentiate with respect to. All others are results of
/// operations. You may read a Var at any time.
class Var {
 public:
  Var() = default;
  /// A constant of shape ().
  Var(Real value) : value_(SharedTensor::full({}, value)) {}  // NOLINT: implicit
  /// A constant.
  Var(Tensor value) : value_(std::move(value)) {}  // NOLINT: implicit
  /// A constant that shares the tensor.
  Var(SharedTensor value) : value_(std::move(value)) {}  // NOLINT: implicit
  /// A constant with the values of a lazy expression.
  template <TensorExpression E>
  requires(!std::same_as<std::remove_cvref_t<E>, Tensor>) explicit Var(E&& value)
      : value_(std::forward<E>(value)) {}
  /// A leaf, or a constant if the parameter is frozen.
  Var(const Parameter& parameter);  // NOLINT: implicit

  /// Throws Error if this is an empty Var.
  const Tensor& value() const& {
    if (!value_) fail_usage("var", "is empty: it was never given a value.");
    return *value_;
  }
  /// The sizes of its axes. Throws Error if this is an empty Var.
  const Shape& shape() const& { return value().shape(); }
  /// On a temporary it returns a copy, so that `for (Real x : f().value())` reads valid memory.
  Tensor value() && { return std::as_const(*this).value(); }
  /// The same as a copy.
  Shape shape() && { return std::as_const(*this).shape(); }
  /// The value of a Var with one element, as a plain number that keeps no tape alive. Throws Error
  /// if it has another number of elements.
  Real item() const { return reel::item(value()); }

  /// Whether it is not empty.
  explicit operator bool() const noexcept { return static_cast<bool>(value_); }
  /// Whether it is on a tape, or will be when an operation uses it. A constant is not.
  bool requires_grad() const noexcept { return tape_ != no_tape; }
  /// The name that errors print; empty if none was given.
  std::string name() const { return value_.name(); }
  /// A handle that shares the value.
  const SharedTensor& shared() const noexcept { return value_; }

 private:
  friend class Tape;
  friend class VarInputs;

  static constexpr std::uint64_t no_tape = 0;
  static constexpr std::uint64_t any_tape = std::numeric_limits<std::uint64_t>::max();

  Var(SharedTensor value, std::uint64_t tape, std::uint32_t node)
      : value_(std::move(value)), tape_(tape), node_(node) {}

  SharedTensor value_;
  std::uint64_t tape_ = no_tape;
  std::uint32_t node_ = 0;
};

/// Prints the value.
std::ostream& operator<<(std::ostream& out, const Var& x);

/// A persistent leaf: a handle to shared storage of a value, a gradient and a name. Copies share
/// the storage; a model that reaches it several times counts it once. A Parameter that was made by
/// the default constructor, or was moved from, is empty: then all members except the comparisons
/// throw Error.
class Parameter {
 public:
  Parameter() = default;
  /// A parameter that starts with this value.
  explicit Parameter(Tensor value, std::string name = {});
  /// A parameter with a shape but without values: using it throws Error until `set_value`.
  static Parameter uninitialised(const Shape& shape);

  /// Whether it is not empty.
  explicit operator bool() const noexcept { return static_cast<bool>(value_); }
  /// The sizes of its axes.
  const Shape& shape() const { return own()->shape(); }
  /// Whether it has values; see `uninitialised`.
  bool initialised() const { return own().metadata().initialised; }

  /// Throws Error if the parameter is uninitialised.
  const Tensor& value() const;
  /// Replaces the value. Throws Error if the shape differs.
  void set_value(const Tensor& value);
  /// The value, to be changed in place. A tape that recorded the old value detects the change.
  Tensor& mutate();

  /// The sum of the gradients that `Tape::backward` has added; an empty handle before the first.
  const SharedTensor& gradient() const { return own().metadata().gradient; }
  /// Throws Error if the shape differs.
  void set_gradient(SharedTensor gradient);
  /// Forgets the gradient; `gradient()` is an empty handle afterwards.
  void clear_gradient() { own().metadata().gradient = {}; }

  /// A frozen parameter is a constant: it gets no gradient, and no step changes it.
  void freeze();
  /// Makes it trainable again.
  void unfreeze() { own().metadata().frozen = false; }
  /// Whether it is frozen.
  bool frozen() const { return own().metadata().frozen; }

  /// The same for handles to the same storage, different for all others.
  const void* identity() const noexcept { return value_.identity(); }

  /// The name that errors print, such as "0.weight"; empty if none was given.
  std::string name() const { return own().name(); }
  /// Sets the name that errors print.
  void set_name(std::string name) { own().metadata().name = std::move(name); }

  /// Whether both are handles to the same storage.
  friend bool operator==(const Parameter& a, const Parameter& b) noexcept {
    return a.identity() == b.identity();
  }

 private:
  friend class Tape;
  friend class Var;

  // Throws Error if the Parameter is empty.
  const SharedTensor& own() const {
    if (!value_) fail_usage("parameter", "is empty. Hint: was its module moved away?");
    return value_;
  }

  SharedTensor value_;
};

/// Prints the name, the shape and the value.
std::ostream& operator<<(std::ostream& out, const Parameter& parameter);

/// The same value as a constant: no gradient flows through it.
inline Var stop_gradient(const Var& x) { return x.shared(); }

}  // namespace reel::inline REEL_PRECISION
