// Meetings of a collective: work that is shared out by those who come for the same thing.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/core/workers.h>

#include "../throws.h"

using namespace reel;

namespace {

using Member = Collective::Member;
using Meeting = Collective::Meeting;

template <class Task>
void run(Workers& workers, Collective& collective, Task task) {
  collective.start();
  workers.run([&](std::size_t w) {
    const Member member(collective, w);
    task(w, member);
  });
}

void doze() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

// Writes, for each of n numbers of this member, who has worked on it: one plus the place of a
// member that shared the work, 0 if it was done alone.
std::vector<std::size_t> meet(const Member& member, const void* thing, std::size_t n) {
  constexpr std::size_t nobody = 99;
  std::vector<std::size_t> by(n, nobody);
  Meeting meeting(member, {thing, nullptr, by.data(), n});
  const auto offers = meeting.offers();
  if (offers.empty()) return std::vector<std::size_t>(n, 0);
  for (const Collective::Offer& offer : offers) {
    const Share part = share_of(offer.count, meeting.place(), offers.size());
    for (std::size_t i = part.begin; i < part.end; ++i)
      static_cast<std::size_t*>(offer.to)[i] = meeting.place() + 1;
  }
  meeting.finish();
  return by;
}

const std::vector<std::size_t> alone(4, 0), by_two{1, 1, 2, 2};

}  // namespace

TEST_CASE("meeting: each works on its part of what all have brought") {
  for (const std::size_t count : {2u, 3u, 7u}) {
    CAPTURE(count);
    Workers workers(count);
    Collective collective(count);
    const int things[2] = {};
    std::vector<char> right(count);
    for (int round = 0; round < 20; ++round) {
      run(workers, collective, [&](std::size_t w, const Member& member) {
        right[w] = true;
        for (int i = 0; i < 50; ++i) {
          const std::vector<std::size_t> by = meet(member, &things[i % 2], 10 + w);
          for (std::size_t place = 0; place < count; ++place) {
            const Share part = share_of(by.size(), place, count);
            for (std::size_t k = part.begin; k < part.end; ++k) right[w] &= by[k] == place + 1;
          }
          if (i % 3 > 0) continue;
          double one = 1;
          member.sum("it", {&one, 1});
          right[w] &= one == static_cast<double>(count);
        }
      });
      REQUIRE(right == std::vector<char>(count, true));
    }
  }
}

TEST_CASE("meeting: those who come for different things work alone, and may meet again") {
  Workers workers(3);
  Collective collective(3);
  const int things[3] = {};
  std::vector<std::vector<std::size_t>> first(3), then(3);
  for (std::size_t late = 0; late < 3; ++late) {
    run(workers, collective, [&](std::size_t w, const Member& member) {
      if (w == late) doze();
      first[w] = meet(member, &things[w / 2], 4);  // two for one thing, one for another
      then[w] = meet(member, &things[2], 3);
    });
    for (std::size_t w = 0; w < 3; ++w) {
      CHECK(first[w] == alone);
      CHECK(then[w] == std::vector<std::size_t>{1, 2, 3});
    }
  }
}

TEST_CASE("meeting: who has ended is not waited for") {
  Workers workers(3);
  Collective collective(3);
  const int thing = 0;
  for (const bool early : {false, true})
    for (std::size_t absent = 0; absent < 3; ++absent) {
      CAPTURE(absent);
      std::vector<std::vector<std::size_t>> by(3);
      run(workers, collective, [&](std::size_t w, const Member& member) {
        if ((w == absent) != early) doze();
        if (w != absent) by[w] = meet(member, &thing, 4);
      });
      for (std::size_t w = 0; w < 3; ++w)
        if (w != absent) CHECK(by[w] == by_two);
    }
  std::vector<std::size_t> last;
  run(workers, collective, [&](std::size_t w, const Member& member) {
    if (w == 1) last = meet(member, &thing, 4);
  });
  CHECK(last == alone);
}

TEST_CASE("meeting: who waits for a sum is not waited for, and then all count alike") {
  Workers workers(2);
  Collective collective(2);
  const int things[2] = {};
  for (const bool late : {false, true})
    for (const std::size_t more : {1u, 2u, 5u}) {
      CAPTURE(more);
      std::vector<std::vector<std::size_t>> before, after(2);
      std::vector<double> sums(2, 1);
      run(workers, collective, [&](std::size_t w, const Member& member) {
        if ((w == 1) == late) doze();
        for (std::size_t i = 0; w == 0 && i < more; ++i)
          before.push_back(meet(member, &things[0], 4));
        member.sum("it", {&sums[w], 1});
        after[w] = meet(member, &things[1], 4);
        if (w == 1) meet(member, &things[1], 4);  // once more, alone
      });
      CHECK(before == std::vector<std::vector<std::size_t>>(more, alone));
      CHECK(sums == std::vector<double>{2, 2});
      CHECK(after == std::vector<std::vector<std::size_t>>(2, by_two));
    }
}

TEST_CASE("meeting: when a member fails in its part of the work, the others do, after it") {
  Workers workers(3);
  Collective collective(3);
  const int thing = 0;
  for (std::size_t culprit = 0; culprit < 3; ++culprit) {
    std::vector<char> abandoned(3);
    CHECK_THROWS_WITH(run(workers, collective,
                          [&](std::size_t w, const Member& member) {
                            Meeting meeting(member, {&thing});
                            try {
                              if (w == culprit) throw std::runtime_error("the cause");
                              meeting.finish();
                            } catch (const Collective::Abandoned&) {
                              abandoned[w] = true;
                              throw;
                            }
                          }),
                      "the cause");
    for (std::size_t w = 0; w < 3; ++w) CHECK(abandoned[w] == (w != culprit));
  }
}

TEST_CASE("meeting: what was brought stays until nobody works on it any more") {
  Workers workers(2);
  Collective collective(2);
  const int thing = 0;
  bool worked = false, seen = false;
  run(workers, collective, [&](std::size_t w, const Member& member) {
    {
      const Meeting meeting(member, {&thing});  // left without a word
      if (w == 1) {
        doze();
        worked = true;
      }
    }
    if (w == 0) seen = worked;
  });
  CHECK(seen);
}

TEST_CASE("meeting: who takes no part in sums is not met any more once it has ended") {
  Workers workers(3);
  Collective collective(3);
  const int thing = 0;
  for (const bool late : {false, true})
    for (const std::size_t more : {1u, 2u, 5u}) {
      CAPTURE(more);
      std::vector<std::vector<std::size_t>> by(3);
      run(workers, collective, [&](std::size_t w, const Member& member) {
        if ((w == 2) == late) doze();
        if (w == 2) {
          for (std::size_t i = 0; i < more; ++i) meet(member, &thing, 4);
          return;
        }
        double one = 1;
        member.sum("it", {&one, 1});
        for (std::size_t i = 0; i < more; ++i) by[w] = meet(member, &thing, 4);
      });
      CHECK(by[0] == by_two);
      CHECK(by[1] == by_two);
    }
}

TEST_CASE("meeting: after an error of a sum a member meets nobody, even if it goes on") {
  Workers workers(3);
  Collective collective(3);
  const int thing = 0;
  std::vector<char> abandoned(3), again(3);
  std::vector<std::vector<std::size_t>> by(3);
  CHECK_THROWS_WITH(run(workers, collective,
                        [&](std::size_t w, const Member& member) {
                          if (w == 2) throw std::runtime_error("the cause");
                          double one = 1;
                          const auto fails = [&] {
                            try {
                              member.sum("it", {&one, 1});
                            } catch (const Collective::Abandoned&) {
                              return true;
                            }
                            return false;
                          };
                          if (w == 0) abandoned[0] = fails();
                          by[w] = meet(member, &thing, 4);
                          abandoned[w] |= fails();
                          again[w] = fails();
                        }),
                    "the cause");
  CHECK(abandoned == std::vector<char>{true, true, false});
  CHECK(again == std::vector<char>{true, true, false});
  CHECK(by[0] == alone);
  CHECK(by[1] == alone);
}

TEST_CASE("meeting: one at a time, and no sum within") {
  Workers workers(2);
  Collective collective(2);
  const int thing = 0;
  const auto misuse = [&](bool by_sum) {
    run(workers, collective, [&](std::size_t, const Member& member) {
      const Meeting meeting(member, {&thing});
      double one = 1;
      if (by_sum)
        member.sum("it", {&one, 1});
      else
        meet(member, &thing, 4);
    });
  };
  CHECK_ERROR("[collective] a member is in a meeting already.", misuse(false));
  CHECK_ERROR("[collective] a member asks for a sum in the midst of a meeting.", misuse(true));
}

namespace {

// What each member does, in sections that end with a sum: how often it meets, and for which thing.
// Members without sums have one section; so it is the first that they share with others.
struct Plan {
  std::vector<std::vector<std::vector<std::size_t>>> things;  // of a member, a section, a meeting

  static Plan random(std::size_t members, Rng& rng) {
    Plan plan;
    const std::size_t sections = rng.below(4) + 1;
    for (std::size_t w = 0; w < members; ++w) {
      plan.things.emplace_back(rng.below(4) == 0 ? 1 : sections);
      for (auto& section : plan.things[w])
        for (std::size_t i = rng.below(5); i-- > 0;) section.push_back(rng.below(8) == 0);
    }
    return plan;
  }

  // Who has worked on what member w has brought to a meeting.
  std::vector<std::size_t> expected(std::size_t w, std::size_t section, std::size_t meeting) const {
    std::vector<std::size_t> came;
    for (const auto& other : things)
      if (section < other.size() && meeting < other[section].size())
        came.push_back(other[section][meeting]);
    std::vector<std::size_t> by(12, 0);
    if (came.size() == 1 || came != std::vector(came.size(), things[w][section][meeting]))
      return by;
    for (std::size_t place = 0; place < came.size(); ++place) {
      const Share part = share_of(by.size(), place, came.size());
      std::fill_n(by.begin() + static_cast<std::ptrdiff_t>(part.begin), part.size(), place + 1);
    }
    return by;
  }
};

}  // namespace

TEST_CASE("meeting: random tasks of meetings and sums, some of which fail") {
  const int things[2] = {};
  Rng rng(3);
  for (const std::size_t count : {2u, 3u, 5u}) {
    Workers workers(count);
    Collective collective(count);
    for (int round = 0; round < 300; ++round) {
      CAPTURE(round);
      const Plan plan = Plan::random(count, rng);
      const std::size_t culprit = rng.below(3 * count), at = rng.below(6);  // none in two of three
      std::vector<char> right(count, true);
      const auto task = [&](std::size_t w, const Member& member) {
        std::size_t events = 0;
        const auto perhaps_fail = [&] {
          if (w == culprit && events++ == at) throw std::runtime_error("the cause");
        };
        const auto& sections = plan.things[w];
        for (std::size_t s = 0; s < sections.size(); ++s) {
          for (std::size_t i = 0; i < sections[s].size(); ++i) {
            perhaps_fail();
            const auto by = meet(member, &things[sections[s][i]], 12);
            right[w] &= culprit < count || by == plan.expected(w, s, i);
          }
          perhaps_fail();
          double one = 1;
          if (s + 1 < sections.size()) member.sum("it", {&one, 1});
        }
      };
      try {
        run(workers, collective, task);
      } catch (const std::runtime_error& error) {
        REQUIRE(error.what() == std::string_view("the cause"));
      }
      REQUIRE(right == std::vector<char>(count, true));
    }
  }
}
