// Error, the one exception type of Reel, and the functions that compose its messages.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reel {

/// Reel reports every failure by throwing an Error. Its message is one line: `[where] what clashed,
/// with the values. Hint: what to do.`
class Error : public std::runtime_error {
 public:
  /// The kind of failure; the numbers are the exit codes of Reel's programs.
  enum class Kind {
    failure = 1,   ///< a run-time failure without a kind of its own
    usage = 2,     ///< a call or an option that makes no sense
    input = 3,     ///< a data or model file that is missing, malformed or mismatched
    diverged = 4,  ///< a loss that is no longer finite
    system = 5,    ///< the system refused a read or a write
  };

  /// An error of this kind with this message.
  Error(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  /// Which kind of error it is.
  Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

/// The text of all parts, one after the other.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws Error(kind) with the message `[where] parts…`.
template <class... Parts>
[[noreturn]] void fail(Error::Kind kind, std::string_view where, const Parts&... parts) {
  throw Error(kind, concat('[', where, "] ", parts...));
}

/// Throws an error of kind usage: a call that makes no sense.
template <class... Parts>
[[noreturn]] void fail_usage(std::string_view where, const Parts&... parts) {
  fail(Error::Kind::usage, where, parts...);
}

}  // namespace reel
