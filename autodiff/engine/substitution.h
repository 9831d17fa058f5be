// Substitution: computes a model with other values for its parameters.
#pragma once

#include <span>
#include <unordered_map>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// While it is alive, each operation of this thread that is given one of these parameters uses the
/// variable at the same place of `values` instead, so that gradients flow to that variable. Code
/// that reads a parameter by `value()` still sees the parameter's own. Substitutions nest: the
/// innermost one that has the parameter counts.
class Substitution {
 public:
  /// Throws Error unless each value has the shape of its parameter.
  [[nodiscard]] Substitution(std::span<const Parameter> parameters, std::span<const Var> values);
  ~Substitution() { innermost_ = outer_; }
  Substitution(const Substitution&) = delete;
  Substitution& operator=(const Substitution&) = delete;

  /// The variable in place of a parameter; null if it is not substituted.
  static const Var* find(const Parameter& parameter) noexcept {
    return innermost_ ? innermost_->lookup(parameter) : nullptr;
  }

 private:
  const Var* lookup(const Parameter& parameter) const noexcept;

  static constinit thread_local const Substitution* innermost_;

  const Substitution* outer_;
  std::unordered_map<const void*, Var> by_parameter_;
};

}  // namespace reel::inline REEL_PRECISION
