// Members say how far they are, publish what they have in turn in one of two places, and read the
// others'.
#include <reel/autodiff/core/collective.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/await.h>

namespace reel {
namespace {

thread_local const Collective::Member* innermost = nullptr;

// How many sums a member has given its values to and how many meetings it has come to, each
// meeting's end counted as well; and whether and how it has ended.
struct Progress {
  std::uint32_t sums, meetings;  // below 2^31
  bool ended = false, failed = false;

  static Progress of(std::uint64_t word) noexcept {
    constexpr std::uint64_t mask = (1u << 31) - 1;
    return {static_cast<std::uint32_t>(word & mask), static_cast<std::uint32_t>(word >> 31 & mask),
            (word >> 63) != 0, (word >> 62 & 1) != 0};
  }
  std::uint64_t word() const noexcept {
    return sums | std::uint64_t{meetings} << 31 | std::uint64_t{failed} << 62 |
           std::uint64_t{ended} << 63;
  }
};

}  // namespace

struct alignas(64) Collective::Slot {
  struct Values {
    const char* what = nullptr;
    std::vector<double> values;
    std::uint32_t meetings = 0;
  };

  std::atomic<std::uint64_t> state{0};
  // Two of each, since a member that has a sum may give its values to the next while others still
  // read; not to the one after, which waits for them. The same holds for meetings.
  Values values[2];
  Offer offers[2];
  bool done[2] = {};
  std::vector<Offer> met;  // by this member in its latest meeting
  std::vector<std::size_t> partners;

  void publish(Progress progress) noexcept {
    state.store(progress.word(), std::memory_order_release);
    state.notify_all();
  }

  template <class Until>
  Progress await(std::chrono::steady_clock::duration patience, Until&& until) const noexcept {
    for (;;) {
      const std::uint64_t word = state.load(std::memory_order_acquire);
      const Progress progress = Progress::of(word);
      if (until(progress)) return progress;
      await_change(state, word, patience);
    }
  }
};

Collective::Collective(std::size_t members)
    : count_(members), patience_(patience_of(members)), slots_(std::make_unique<Slot[]>(members)) {
  if (members == 0) fail_usage("collective", "there must be at least one member.");
  for (std::size_t i = 0; i < members; ++i) {
    slots_[i].met.reserve(members);
    slots_[i].partners.reserve(members);
  }
}

Collective::~Collective() = default;

void Collective::start() noexcept {
  for (std::size_t i = 0; i < count_; ++i) start(i);
}

void Collective::start(std::size_t index) noexcept {
  slots_[index].state.store(0, std::memory_order_relaxed);
}

Collective::Member::Member(Collective& collective, std::size_t index)
    : collective_(collective),
      index_(index),
      exceptions_(std::uncaught_exceptions()),
      outer_(innermost) {
  if (index >= collective.count_)
    fail_usage("collective", "there is no member ", index, ", only ", collective.count_, '.');
  if (slot().state.load(std::memory_order_relaxed) != 0)
    fail_usage("collective", "member ", index, " had its turn. Hint: start() before each task.");
  innermost = collective.count_ > 1 ? this : nullptr;
}

Collective::Member::~Member() {
  innermost = outer_;
  slot().publish({sums_, meetings_, true, std::uncaught_exceptions() > exceptions_});
}

Collective::Slot& Collective::Member::slot() const noexcept { return collective_.slots_[index_]; }

const Collective::Member* Collective::Member::current() noexcept { return innermost; }

void Collective::Member::sum(const char* what, std::span<double> values) const {
  if (meets_) fail_usage("collective", "a member asks for a sum in the midst of a meeting.");
  const std::size_t place = sums_ % 2;
  Slot::Values& mine = slot().values[place];
  mine.what = what;
  mine.values.assign(values.begin(), values.end());
  mine.meetings = meetings_;
  slot().publish({++sums_, meetings_});
  std::fill(values.begin(), values.end(), 0.0);
  bool any_before = false;
  std::uint32_t most_meetings = 0;
  for (std::size_t m = 0; m < collective_.count_; ++m) {
    const Slot& other = collective_.slots_[m];
    const Progress theirs = other.await(
        collective_.patience_, [&](const Progress& p) { return p.sums >= sums_ || p.ended; });
    if (theirs.sums == 0 && !theirs.failed) {  // takes no part, and has ended
      most_meetings = std::max(most_meetings, theirs.meetings);
      continue;
    }
    if (theirs.sums < sums_) {
      lost_ = true;
      throw Abandoned();
    }
    const auto& [of_theirs, their_values, meetings] = other.values[place];
    if (their_values.size() != values.size() || std::string_view(of_theirs) != what) {
      lost_ = true;
      fail_usage("collective", "a member sums ", values.size(), " of ", what, ", another one ",
                 their_values.size(), " of ", of_theirs, ". Hint: all must do the same.");
    }
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += their_values[i];
    most_meetings = std::max(most_meetings, meetings);
    if (m == index_) first_ = !any_before;
    any_before = true;
  }
  meetings_ = most_meetings;  // from here on all count alike
}

// Whether those who come are of one thing; the slot has their offers then. Who comes is the same
// for all who come. Between two sums all who are under way count alike: each waits at its n-th
// meeting until every other has come to its own n-th, has ended, or waits for a sum, which has all
// values only after this one has given its own.
bool Collective::Member::meet(const Offer& offer) const {
  Slot& own = slot();
  const std::uint32_t number = ++meetings_;
  own.offers[number % 2] = offer;
  own.publish({sums_, number});
  own.met.clear();
  own.partners.clear();
  bool one_thing = true;
  for (std::size_t m = 0; m < collective_.count_; ++m) {
    const Slot& other = collective_.slots_[m];
    const Progress theirs = other.await(collective_.patience_, [&](const Progress& p) {
      return p.meetings >= number || p.sums > sums_ || p.ended;
    });
    if (theirs.meetings < number) continue;  // does not come
    own.met.push_back(other.offers[number % 2]);
    own.partners.push_back(m);
    one_thing = one_thing && own.met.back().thing == offer.thing;
  }
  return one_thing;
}

std::span<const Collective::Offer> Collective::Member::exchange(const Offer& mine) const {
  if (meets_) fail_usage("collective", "a member shows a part in the midst of a meeting.");
  if (lost_) throw Abandoned();
  const bool one_thing = meet(mine);
  if (slot().met.size() < collective_.count_) throw Abandoned();
  if (!one_thing)
    fail_usage("collective", "members show parts of different things. Hint: all must do the same.");
  return slot().met;
}

Collective::Meeting::Meeting(const Member& member, const Offer& offer) : member_(member) {
  if (member.meets_) fail_usage("collective", "a member is in a meeting already.");
  if (member.lost_) return;
  const bool one_thing = member.meet(offer);
  const auto& partners = member.slot().partners;
  const auto own = std::find(partners.begin(), partners.end(), member.index_);
  place_ = static_cast<std::size_t>(own - partners.begin());
  open_ = member.meets_ = one_thing && partners.size() > 1;
}

Collective::Meeting::~Meeting() {
  if (open_) close(false);
}

std::span<const Collective::Offer> Collective::Meeting::offers() const noexcept {
  return open_ ? std::span<const Offer>(member_.slot().met) : std::span<const Offer>();
}

void Collective::Meeting::finish() {
  if (open_ && !close(true)) throw Abandoned();
}

// Whether all were done. The end of an open meeting has a number of its own, which those who opened
// it take, and nobody else came.
bool Collective::Meeting::close(bool done) noexcept {
  open_ = member_.meets_ = false;
  Slot& own = member_.slot();
  const std::uint32_t number = ++member_.meetings_;
  own.done[number % 2] = done;
  own.publish({member_.sums_, number});
  for (const std::size_t m : own.partners) {
    const Slot& other = member_.collective_.slots_[m];
    other.await(member_.collective_.patience_,
                [&](const Progress& p) { return p.meetings >= number; });
    done = done && other.done[number % 2];
  }
  return done;
}

Collective::Abandoned::Abandoned()
    : Error(Kind::usage,
            "[collective] a member ended or failed before the others had its part of what they "
            "share. Hint: all must ask for the same sums.") {}

}  // namespace reel
