// Parameter groups: parameters with their own learning rate and penalties.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// Values that are not set are those of the method's options.
struct Group {
  std::vector<Parameter> parameters = {};  ///< of this group
  /// see Optimizer; empty: as in the options of the method
  std::optional<double> lr = {}, l2 = {}, weight_decay = {};
};

/// The argument of an optimiser: all parameters in one group, or several groups.
///
///     Adam(model.parameters());
///     Adam({{.parameters = body, .lr = 1e-4}, {.parameters = head, .weight_decay = 0.1}}, {.lr =
///     1e-3});
class Groups {
 public:
  Groups() = default;
  /// One group of all these parameters.
  Groups(std::vector<Parameter> parameters) {  // NOLINT: implicit
    groups_.push_back({std::move(parameters)});
  }
  /// One group of these parameters.
  Groups(std::initializer_list<Parameter> parameters)
      : Groups(std::vector<Parameter>(parameters)) {}
  /// These groups.
  Groups(std::vector<Group> groups) : groups_(std::move(groups)) {}  // NOLINT: implicit
  /// These groups.
  Groups(std::initializer_list<Group> groups) : groups_(groups) {}

  /// The groups in order.
  const std::vector<Group>& list() const noexcept { return groups_; }

 private:
  std::vector<Group> groups_;
};

/// Throws Error, in the name of `where`, if a parameter occurs twice.
void refuse_twice(std::string_view where, const std::vector<Parameter>& parameters);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
