// Helpers to test error messages.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include <reel/autodiff/core/error.h>

namespace reel {

/// The message of the Error that `f` throws. The test fails if `f` throws none, or if the message
/// has several lines.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  FAIL("no Error was thrown");
  return {};
}

}  // namespace reel

#define CHECK_ERROR(text, ...)                                                    \
  do {                                                                            \
    const std::string message = ::reel::message_of([&] { (void)(__VA_ARGS__); }); \
    INFO(message);                                                                \
    CHECK(message.find(text) != std::string::npos);                               \
  } while (false)
