// Collective: sums in the midst of tasks, and members that fail, differ or take no part.
#include <reel/autodiff/core/collective.h>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <reel/autodiff/core/barrier.h>
#include <reel/autodiff/core/workers.h>

#include "../throws.h"

using namespace reel;

namespace {

// Runs task(w, member) as members of one collective.
template <class Task>
void run(Workers& workers, Collective& collective, Task task) {
  collective.start();
  workers.run([&](std::size_t w) {
    Collective::Member member(collective, w);
    task(w, member);
  });
}

}  // namespace

TEST_CASE("collective: every member gets the sum of all, in the order of the members") {
  for (const std::size_t count : {1u, 2u, 3u, 7u}) {
    Workers workers(count);
    Collective collective(count);
    double expected = 0;  // adding is not associative: 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1
    for (std::size_t w = 0; w < count; ++w) expected += 0.1 * static_cast<double>(w + 1);
    std::vector<std::array<double, 2>> sums(count);
    std::vector<char> first(count);
    for (int round = 0; round < 20; ++round) {
      run(workers, collective, [&](std::size_t w, Collective::Member& member) {
        for (int i = 0; i < 50; ++i) {
          sums[w] = {0.1 * static_cast<double>(w + 1), i + 1.0};
          member.sum("both", sums[w]);
          if (sums[w] != std::array{expected, static_cast<double>(count) * (i + 1)}) break;
        }
        first[w] = member.is_first();
      });
      for (const auto& sum : sums)
        REQUIRE(sum == std::array{expected, static_cast<double>(count) * 50});
      for (std::size_t w = 0; w < count; ++w) CHECK(first[w] == (w == 0));
    }
  }
}

TEST_CASE("collective: members that begin each turn for themselves, between two barriers") {
  constexpr std::size_t turns = 200;
  for (const std::size_t count : {1u, 2u, 5u}) {
    Workers workers(count);
    Collective collective(count);
    Barrier barrier(count);
    std::vector<std::size_t> right(count, 0);
    collective.start();
    workers.run([&](std::size_t w) {
      for (std::size_t turn = 0; turn < turns; ++turn) {
        {
          const Collective::Member member(collective, w);
          double sum = static_cast<double>(turn + w);
          member.sum("turns", {&sum, 1});
          right[w] += sum == static_cast<double>(count * turn + count * (count - 1) / 2);
        }
        barrier.wait(barrier.arrive([] {}));
        collective.start(w);
        barrier.wait(barrier.arrive([] {}));
      }
    });
    CHECK(right == std::vector<std::size_t>(count, turns));
  }
}

TEST_CASE("collective: the current member is that of the thread, and alone there is none") {
  CHECK(Collective::Member::current() == nullptr);
  Workers workers(2);
  Collective two(2), one(1);
  std::vector<char> right(2);
  run(workers, two, [&](std::size_t w, Collective::Member& member) {
    right[w] = Collective::Member::current() == &member;
  });
  CHECK(right == std::vector<char>{1, 1});
  CHECK(Collective::Member::current() == nullptr);
  const Collective::Member alone(one, 0);
  CHECK(Collective::Member::current() == nullptr);
  two.start();
  const Collective::Member member(two, 1);
  {
    one.start();
    const Collective::Member inner(one, 0);  // whose sums are no business of the others
    CHECK(Collective::Member::current() == nullptr);
  }
  CHECK(Collective::Member::current() == &member);
  CHECK_ERROR("[collective] there is no member 2, only 2", Collective::Member(two, 2));
  CHECK_ERROR("[collective] there must be at least one member", Collective(0));
}

TEST_CASE("collective: who asks for no sum takes no part, before or after the others") {
  Workers workers(3);
  Collective collective(3);
  for (const bool late : {false, true})
    for (std::size_t idle = 0; idle < 3; ++idle) {
      CAPTURE(idle);
      std::vector<double> sums(3);
      std::vector<char> first(3), part(3);
      run(workers, collective, [&](std::size_t w, Collective::Member& member) {
        if (w == idle) {
          if (late) std::this_thread::sleep_for(std::chrono::milliseconds(3));
          return;
        }
        sums[w] = static_cast<double>(w + 1);
        member.sum("it", {&sums[w], 1});
        first[w] = member.is_first();
        part[w] = member.takes_part();
      });
      for (std::size_t w = 0; w < 3; ++w) {
        CHECK(sums[w] == (w == idle ? 0 : 6 - static_cast<double>(idle + 1)));
        CHECK(first[w] == (w == (idle == 0 ? 1 : 0)));
        CHECK(part[w] == (w != idle));
      }
    }
}

TEST_CASE("collective: when a member fails the others end, and its failure comes out") {
  Workers workers(3);
  Collective collective(3);
  for (const int rounds : {0, 1, 5})
    for (std::size_t culprit = 0; culprit < 3; ++culprit) {
      const auto task = [&](std::size_t w, Collective::Member& member) {
        double value = 1;
        for (int i = 0; i < 10; ++i) {
          if (w == culprit && i == rounds) throw std::runtime_error("the cause");
          member.sum("it", {&value, 1});
        }
      };
      CHECK_THROWS_WITH(run(workers, collective, task), "the cause");
    }
  double last = 0;  // and it can be used again
  run(workers, collective, [&](std::size_t w, Collective::Member& member) {
    double value = 2;
    member.sum("it", {&value, 1});
    if (w == 2) last = value;
  });
  CHECK(last == 6);
}

TEST_CASE("collective: a member has one turn in a task") {
  Collective collective(2);
  collective.start();
  { const Collective::Member first(collective, 0); }
  CHECK_ERROR("[collective] member 0 had its turn. Hint: start()",
              Collective::Member(collective, 0));
  collective.start();
  const Collective::Member again(collective, 0);
}

TEST_CASE("collective: members that do not do the same are an error, not a wait for ever") {
  Workers workers(2);
  Collective collective(2);
  CHECK_ERROR("[collective] a member ended or failed before the others had its part",
              run(workers, collective, [](std::size_t w, Collective::Member& member) {
                double value = 1;
                for (std::size_t i = 0; i < 2 + w; ++i) member.sum("it", {&value, 1});
              }));
  const auto sum_unlike = [&](std::size_t more, const char* other) {
    run(workers, collective, [&](std::size_t w, Collective::Member& member) {
      std::vector<double> values(1 + w * more);
      member.sum(w == 0 ? "this" : other, values);
    });
  };
  CHECK_ERROR("[collective] a member sums 1 of this, another one 3 of this", sum_unlike(2, "this"));
  CHECK_ERROR("[collective] a member sums 1 of this, another one 1 of that", sum_unlike(0, "that"));
}

TEST_CASE("collective: in an exchange each member sees the parts of all") {
  constexpr std::size_t rounds = 100;
  for (const std::size_t count : {2u, 3u, 5u}) {
    Workers workers(count);
    Collective collective(count);
    std::vector<std::array<std::size_t, rounds>> parts(count);
    std::vector<std::size_t> right(count, 0);
    run(workers, collective, [&](std::size_t w, Collective::Member& member) {
      for (std::size_t i = 0; i < rounds; ++i) {
        parts[w][i] = 1000 * w + i;
        const auto all = member.exchange({.thing = &parts, .from = &parts[w][i], .count = i});
        bool good = all.size() == count;
        for (std::size_t m = 0; good && m < count; ++m)
          good = *static_cast<const std::size_t*>(all[m].from) == 1000 * m + i && all[m].count == i;
        right[w] += good;
        if (i % 3 == 0) {  // sums and meetings go in between
          double one = 1;
          member.sum("ones", {&one, 1});
          right[w] -= one != static_cast<double>(count);
        }
        if (i % 5 == 0) {
          Collective::Meeting meeting(member, {.thing = &right});
          right[w] -= meeting.offers().size() != count;
          meeting.finish();
        }
      }
    });
    CHECK(right == std::vector<std::size_t>(count, rounds));
  }
}

TEST_CASE("collective: an exchange that not all come to, or not with the same") {
  constexpr auto abandoned = "[collective] a member ended or failed before the others";
  Workers workers(3);
  Collective collective(3);
  int things[2];
  for (std::size_t missing = 0; missing < 3; ++missing) {
    CHECK_ERROR(abandoned, run(workers, collective, [&](std::size_t w, Collective::Member& member) {
                  if (w != missing) member.exchange({.thing = things});
                }));
    CHECK_ERROR(abandoned, run(workers, collective, [&](std::size_t w, Collective::Member& member) {
                  double one = 1;
                  if (w != missing) member.exchange({.thing = things});
                  member.sum("instead", {&one, 1});
                }));
  }
  CHECK_ERROR("[collective] members show parts of different things",
              run(workers, collective, [&](std::size_t w, Collective::Member& member) {
                member.exchange({.thing = things + (w == 1)});
              }));
  std::vector<int> seen(3, 0);  // and after one that failed there may be another one
  run(workers, collective, [&](std::size_t w, Collective::Member& member) {
    double one = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      try {
        if (i != 1 || w > 0) seen[w] += member.exchange({.thing = things}).size() == 3;
      } catch (const Collective::Abandoned&) {
        seen[w] += 10;
      }
      member.sum("ones", {&one, 1});
    }
  });
  CHECK(seen == std::vector<int>{2, 12, 12});
  CHECK_ERROR("[collective] a member shows a part in the midst of a meeting",
              run(workers, collective, [&](std::size_t, Collective::Member& member) {
                Collective::Meeting meeting(member, {.thing = things});
                member.exchange({.thing = things});
              }));
}
