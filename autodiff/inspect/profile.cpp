// Profile: measures the time between events, and sums it by operation.
#include <reel/autodiff/inspect/profile.h>

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <utility>

namespace reel::inline REEL_PRECISION {

double Profile::lap() {
  const Clock::time_point now = Clock::now();
  return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
}

ProfileEntry& Profile::entry(std::string_view operation) {
  const auto found = entries_.find(operation);
  if (found != entries_.end()) return found->second;
  const std::string name(operation);
  return entries_.emplace(name, ProfileEntry{name}).first->second;
}

void Profile::computed(const OperationEvent& event) {
  const double seconds = lap();
  ProfileEntry& e = entry(event.operation);
  ++e.calls;
  e.seconds += seconds;
  e.bytes += event.value->size() * sizeof(Real);
  lap();
}

void Profile::rule_begins(const OperationEvent&) { lap(); }

void Profile::rule_ended(const BackwardEvent& event) {
  const double seconds = lap();
  ProfileEntry& e = entry(event.operation);
  ++e.backward_calls;
  e.backward_seconds += seconds;
  lap();
}

void Profile::boundary() { lap(); }

std::vector<ProfileEntry> Profile::entries() const {
  std::vector<ProfileEntry> sorted;
  for (const auto& [name, e] : entries_) sorted.push_back(e);
  const auto total = [](const ProfileEntry& e) { return e.seconds + e.backward_seconds; };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const ProfileEntry& a, const ProfileEntry& b) {
    return total(a) > total(b);
  });
  return sorted;
}

std::string Profile::table() const {
  std::ostringstream text;
  text << std::left << std::setw(22) << "operation" << std::right << std::setw(14)
       << "forward calls" << std::setw(12) << "ms" << std::setw(15) << "backward calls"
       << std::setw(12) << "ms" << std::setw(14) << "MB of values" << '\n';
  text << std::fixed << std::setprecision(3);
  const auto row = [&](const ProfileEntry& e) {
    text << std::left << std::setw(22) << e.operation << std::right << std::setw(14) << e.calls
         << std::setw(12) << 1e3 * e.seconds << std::setw(15) << e.backward_calls << std::setw(12)
         << 1e3 * e.backward_seconds << std::setw(14) << 1e-6 * static_cast<double>(e.bytes)
         << '\n';
  };
  ProfileEntry total{"total"};
  for (const ProfileEntry& e : entries()) {
    row(e);
    total.calls += e.calls;
    total.backward_calls += e.backward_calls;
    total.seconds += e.seconds;
    total.backward_seconds += e.backward_seconds;
    total.bytes += e.bytes;
  }
  row(total);
  return text.str();
}

}  // namespace reel::inline REEL_PRECISION
