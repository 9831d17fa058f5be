// SharedTensor: a reference-counted tensor, the thing that a Var, a Parameter and a batch point to.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <reel/autodiff/evaluate.h>
#include <reel/autodiff/tensor.h>

namespace reel::inline REEL_PRECISION {

/// A handle to a tensor; copies share it. Reading is free; whoever wants to write asks `mutate()`,
/// which counts the change, so that a tape notices when a value it recorded is no longer the same.
class SharedTensor {
 public:
  struct Notes;

 private:
  struct Box {
    template <class E>
    explicit Box(E&& tensor) : value(evaluate(std::forward<E>(tensor))) {}

    Tensor value;
    std::uint32_t version = 0;
    std::unique_ptr<Notes> notes;
  };

 public:
  SharedTensor() = default;
  /// Takes a tensor by move, or evaluates an xtensor expression straight into its place.
  template <class E>
  requires(!std::derived_from<std::remove_cvref_t<E>, SharedTensor> &&
           std::convertible_to<E, Tensor>) SharedTensor(E&& value)  // NOLINT: implicit on purpose
      : box_(std::allocate_shared<Box>(memory::Allocator<Box>{}, std::forward<E>(value))) {}

  explicit operator bool() const noexcept { return box_ != nullptr; }
  const Tensor& operator*() const noexcept { return box_->value; }
  const Tensor* operator->() const noexcept { return &box_->value; }

  /// The tensor, to be written; counts as a change of it.
  Tensor& mutate() const noexcept {
    ++box_->version;
    return box_->value;
  }
  /// How often `mutate` was called.
  std::uint32_t version() const noexcept { return box_->version; }
  /// A handle that does not keep the tensor alive, and costs no count; for those who know that
  /// another one does.
  SharedTensor borrowed() const noexcept {
    SharedTensor handle;
    handle.box_ = std::shared_ptr<Box>(std::shared_ptr<Box>(), box_.get());
    return handle;
  }

  /// Whether this is the only handle.
  bool unique() const noexcept { return box_.use_count() == 1; }
  /// What tells one tensor from another: equal for handles that share.
  const void* identity() const noexcept { return box_.get(); }

  /// The notes; made at the first call.
  Notes& notes() const;
  bool has_notes() const noexcept { return box_ && box_->notes; }
  /// The name that errors print; empty if none was given.
  std::string name() const;

 private:
  std::shared_ptr<Box> box_;
};

/// What only few tensors have.
struct SharedTensor::Notes {
  std::string name;
  SharedTensor gradient;    ///< of a parameter; empty until a backward pass reaches it
  bool initialised = true;  ///< false: a parameter that has a shape but no values yet
};

inline SharedTensor::Notes& SharedTensor::notes() const {
  if (!box_->notes) box_->notes = std::make_unique<Notes>();
  return *box_->notes;
}

inline std::string SharedTensor::name() const { return has_notes() ? box_->notes->name : ""; }

}  // namespace reel::inline REEL_PRECISION
