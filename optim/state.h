// State: all that an optimiser or a schedule needs to go on where another one stopped.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// Tensors and numbers by name. A number is the shortest text that gives the same bits again.
struct State {
  std::string kind;  ///< whose state it is: "adam", "schedule", …
  std::map<std::string, Tensor> tensors = {};
  std::map<std::string, std::string> fields = {};  ///< numbers, and shapes as in "(3,2)"

  void put(const std::string& name, double value);

  /// All throw Error, naming the clash: for another kind, for what is missing or is no such number,
  /// and for a tensor of another shape.
  void expect_kind(std::string_view own) const;
  const std::string& field(const std::string& name) const;
  double number(const std::string& name) const;
  /// A whole number from 0 to 2⁵³.
  std::size_t count(const std::string& name) const;
  const Tensor& tensor(const std::string& name, const Shape& shape) const;
};

/// What can be stopped and resumed.
class Stateful {
 public:
  virtual ~Stateful() = default;

  virtual State state() const = 0;
  /// Goes on from a state of the same kind, of an object made with the same options. Throws Error
  /// if it does not fit; then nothing has changed.
  virtual void set_state(const State& state) = 0;

 protected:
  Stateful() = default;
  Stateful(const Stateful&) = default;
  Stateful& operator=(const Stateful&) = default;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
