// Warnings: things that a user should know before they become errors.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <reel/autodiff/core/error.h>

namespace reel {

/// Sets the function that receives all later warnings, from any thread. An empty function drops
/// them. The default is print_warning. Returns the previous handler.
using WarningHandler = std::function<void(const std::string& message)>;
/// Replaces the handler of all threads; returns the handler before.
WarningHandler set_warning_handler(WarningHandler handler);

/// Prints a message to the standard error, "reel: warning: [where] …", if it did not print the same
/// one before.
void print_warning(const std::string& message);

/// Passes a message, in the form of an Error's message, to the handler.
void send_warning(const std::string& message);

/// Gives the handler a warning: `where`, then the parts as one text.
template <class... Parts>
void warn(std::string_view where, const Parts&... parts) {
  send_warning(concat('[', where, "] ", parts...));
}

}  // namespace reel
