// State: all data that an optimiser or a schedule needs to continue where another one stopped.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// Tensors and numbers by name. A number is stored as the shortest text that gives the same bits.
struct State {
  std::string kind;                            ///< the kind of its owner: "adam", "schedule", …
  std::map<std::string, Tensor> tensors = {};  ///< arrays by name
  std::map<std::string, std::string> fields = {};  ///< numbers, and shapes as in "(3,2)"

  /// Stores a number.
  void put(const std::string& name, double value);

  /// All throw Error, which names the clash: for another kind, for a value that is missing or
  /// malformed, and for a tensor of another shape.
  void expect_kind(std::string_view own) const;
  /// The text of a number or a shape.
  const std::string& field(const std::string& name) const;
  /// A number.
  double number(const std::string& name) const;
  /// A whole number from 0 to 2⁵³.
  std::size_t count(const std::string& name) const;
  /// A tensor of this shape.
  const Tensor& tensor(const std::string& name, const Shape& shape) const;
};

/// An object whose state can be saved and restored.
class Stateful {
 public:
  virtual ~Stateful() = default;

  /// All that another object needs to continue from here to the same bits.
  virtual State state() const = 0;
  /// Continues from a state of the same kind, of an object made with the same options. Throws
  /// Error, and changes nothing, if the state does not fit.
  virtual void set_state(const State& state) = 0;

 protected:
  Stateful() = default;
  /// Copies its state.
  Stateful(const Stateful&) = default;
  /// Copies its state.
  Stateful& operator=(const Stateful&) = default;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
