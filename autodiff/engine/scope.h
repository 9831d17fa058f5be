// Scope: names the part of a model that the operations of this thread belong to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reel {

/// While it is alive, its label is part of the path that a tape stores for each operation, such as
/// "net.2". Modules open a Scope when they are called; your model may open more: `Scope
/// loss("loss")`.
class Scope {
 public:
  /// An empty label changes nothing.
  [[nodiscard]] explicit Scope(std::string_view label);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  static void* operator new(std::size_t) =
      delete;  // scopes end in the opposite order of their start

  /// The labels of this thread's scopes, outermost first, joined by dots; empty if there are none.
  static const std::string& path() noexcept;
  /// A number that changes when the path changes.
  static std::uint64_t version() noexcept;

 private:
  std::size_t length_before_;
  bool empty_;
};

}  // namespace reel
