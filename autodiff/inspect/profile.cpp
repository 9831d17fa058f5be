// Profile: measures the time between events, and sums it by operation.
#include <reel/autodiff/inspect/profile.h>

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string fixed(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << value;
  return text.str();
}

// Cells below each other, numbers at the right edges of their columns.
std::string in_columns(const Rows& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& cells : rows)
    for (std::size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], cells[c].size());
  std::ostringstream text;
  for (const auto& cells : rows) {
    text << std::left << std::setw(static_cast<int>(widths[0])) << cells[0] << std::right;
    for (std::size_t c = 1; c < cells.size(); ++c)
      text << "  " << std::setw(static_cast<int>(widths[c])) << cells[c];
    text << '\n';
  }
  return text.str();
}

}  // namespace

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

std::string Profile::table(std::size_t width) const {
  std::vector<ProfileEntry> all = entries();
  ProfileEntry total{"total"};
  for (const ProfileEntry& e : all) {
    total.calls += e.calls;
    total.backward_calls += e.backward_calls;
    total.seconds += e.seconds;
    total.backward_seconds += e.backward_seconds;
    total.bytes += e.bytes;
  }
  all.push_back(std::move(total));
  Rows both{{"operation", "forward calls", "ms", "backward calls", "ms", "MB of values"}};
  Rows sums{{"operation", "calls", "ms"}};
  for (const ProfileEntry& e : all) {
    both.push_back({e.operation, std::to_string(e.calls), fixed(1e3 * e.seconds),
                    std::to_string(e.backward_calls), fixed(1e3 * e.backward_seconds),
                    fixed(1e-6 * static_cast<double>(e.bytes))});
    sums.push_back({e.operation, std::to_string(e.calls + e.backward_calls),
                    fixed(1e3 * (e.seconds + e.backward_seconds))});
  }
  const std::string text = in_columns(both);
  return text.find('\n') <= width ? text : in_columns(sums);
}

}  // namespace reel::inline REEL_PRECISION
