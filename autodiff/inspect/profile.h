// Profile: where a computation's time and memory go, by operation.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <reel/autodiff/engine/observer.h>

namespace reel::inline REEL_PRECISION {

/// What one kind of operation cost.
struct ProfileEntry {
  std::string operation;
  std::size_t calls = 0, backward_calls = 0;
  double seconds = 0, backward_seconds = 0;
  std::size_t bytes = 0;  ///< of all its values
};

/// While it lives, counts and times the operations of this thread. The forward time of an operation
/// reaches back to the end of the one before, or to the start of the tape, and so contains what the
/// program did in between; the backward time is that of its rule, less what the rule computes by
/// operations, which count for themselves.
class Profile : public Observer {
 public:
  /// The costliest first.
  std::vector<ProfileEntry> entries() const;
  /// The same as a table to print.
  std::string table() const;

  void computed(const OperationEvent& event) override;
  void rule_begins(const OperationEvent& event) override;
  void rule_ended(const BackwardEvent& event) override;
  void boundary() override;

 private:
  using Clock = std::chrono::steady_clock;

  ProfileEntry& entry(std::string_view operation);
  // Seconds since the last event, from which it starts anew.
  double lap();

  std::map<std::string, ProfileEntry, std::less<>> entries_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace reel::inline REEL_PRECISION
