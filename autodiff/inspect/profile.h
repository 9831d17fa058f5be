// Profile: the time and memory that each kind of operation takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <reel/autodiff/engine/observer.h>

namespace reel::inline REEL_PRECISION {

/// The cost of one kind of operation.
struct ProfileEntry {
  std::string operation;  ///< its name, as given to `record`
  /// How often it was computed, and how often its rule ran.
  std::size_t calls = 0, backward_calls = 0;
  double seconds = 0, backward_seconds = 0;  ///< the time of both
  std::size_t bytes = 0;                     ///< of all its values
};

/// While it is alive, it counts and times the operations of this thread. The forward time of an
/// operation starts at the end of the operation before, or at the start of the tape; so it includes
/// the program's own work in between. The backward time is the time of the rule, without the
/// operations that the rule computes, which are counted by themselves.
class Profile : public Observer {
 public:
  /// The most expensive first.
  std::vector<ProfileEntry> entries() const;
  /// The same as a table to print. If its lines have more than `width` characters, it has only the
  /// calls and the time of both directions together.
  std::string table(std::size_t width = 100) const;

  void computed(const OperationEvent& event) override;
  void rule_begins(const OperationEvent& event) override;
  /// Counts the time of the rule.
  void rule_ended(const BackwardEvent& event) override;
  void boundary() override;

 private:
  using Clock = std::chrono::steady_clock;

  ProfileEntry& entry(std::string_view operation);
  // Seconds since the last event; restarts the clock.
  double lap();

  std::map<std::string, ProfileEntry, std::less<>> entries_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace reel::inline REEL_PRECISION
