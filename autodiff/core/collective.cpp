// Members publish their values in turn in one of two places each, and read the others'.
#include <reel/autodiff/core/collective.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/await.h>
#include <reel/autodiff/core/workers.h>

namespace reel {
namespace {

thread_local const Collective::Member* innermost = nullptr;

}  // namespace

// The sums that a member has given its values to, and whether and how it has ended.
struct alignas(64) Collective::Slot {
  static constexpr std::uint32_t ended = 1u << 31, failed = 1u << 30;

  std::atomic<std::uint32_t> state{0};
  // Two, since a member that has a sum may give its values to the next while others still read; not
  // to the one after, which waits for them.
  std::vector<double> values[2];
  const char* what[2] = {};
};

Collective::Collective(std::size_t members)
    : count_(members),
      patience_(members <= Workers::processors() ? std::chrono::milliseconds(1)
                                                 : std::chrono::milliseconds(0)),
      slots_(std::make_unique<Slot[]>(members)) {
  if (members == 0) fail_usage("collective", "there must be at least one member.");
}

Collective::~Collective() = default;

void Collective::start() noexcept {
  for (std::size_t i = 0; i < count_; ++i) slots_[i].state.store(0, std::memory_order_relaxed);
}

Collective::Member::Member(Collective& collective, std::size_t index)
    : collective_(collective),
      index_(index),
      exceptions_(std::uncaught_exceptions()),
      outer_(innermost) {
  if (index >= collective.count_)
    fail_usage("collective", "there is no member ", index, ", only ", collective.count_, '.');
  if (collective.slots_[index].state.load(std::memory_order_relaxed) != 0)
    fail_usage("collective", "member ", index, " had its turn. Hint: start() before each task.");
  innermost = collective.count_ > 1 ? this : nullptr;
}

Collective::Member::~Member() {
  innermost = outer_;
  std::atomic<std::uint32_t>& state = collective_.slots_[index_].state;
  const bool failed = std::uncaught_exceptions() > exceptions_;
  state.store(rounds_ | Slot::ended | (failed ? Slot::failed : 0), std::memory_order_release);
  state.notify_all();
}

const Collective::Member* Collective::Member::current() noexcept { return innermost; }

void Collective::Member::sum(const char* what, std::span<double> values) const {
  Slot* const slots = collective_.slots_.get();
  const std::size_t place = rounds_ % 2;
  slots[index_].values[place].assign(values.begin(), values.end());
  slots[index_].what[place] = what;
  slots[index_].state.store(++rounds_, std::memory_order_release);
  slots[index_].state.notify_all();
  std::fill(values.begin(), values.end(), 0.0);
  bool any_before = false;
  for (std::size_t m = 0; m < collective_.count_; ++m) {
    std::uint32_t state;
    while (((state = slots[m].state.load(std::memory_order_acquire)) & (Slot::failed - 1)) <
           rounds_) {
      if (state & Slot::ended) break;
      await_change(slots[m].state, state, collective_.patience_);
    }
    const std::uint32_t rounds = state & (Slot::failed - 1);
    if (rounds == 0 && !(state & Slot::failed)) continue;  // takes no part
    if (rounds < rounds_) throw Abandoned();
    const std::vector<double>& theirs = slots[m].values[place];
    const std::string_view of_theirs = slots[m].what[place];
    if (theirs.size() != values.size() || of_theirs != what)
      fail_usage("collective", "a member sums ", values.size(), " of ", what, ", another one ",
                 theirs.size(), " of ", of_theirs, ". Hint: all must do the same.");
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += theirs[i];
    if (m == index_) first_ = !any_before;
    any_before = true;
  }
}

Collective::Abandoned::Abandoned()
    : Error(Kind::usage,
            "[collective] a member ended before the others had its part of a sum. Hint: all must "
            "do the same.") {}

}  // namespace reel
