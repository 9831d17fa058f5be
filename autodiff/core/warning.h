// Warnings: what a user should know although nothing is wrong yet. The library prints nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <reel/autodiff/core/error.h>

namespace reel {

/// Takes warnings from now on, on whichever thread they arise; an empty function drops them, as is
/// done from the start. Returns the one before.
using WarningHandler = std::function<void(const std::string& message)>;
WarningHandler set_warning_handler(WarningHandler handler);

/// Hands a message of the form of an Error's to the handler.
void send_warning(const std::string& message);

template <class... Parts>
void warn(std::string_view where, const Parts&... parts) {
  send_warning(concat('[', where, "] ", parts...));
}

}  // namespace reel
