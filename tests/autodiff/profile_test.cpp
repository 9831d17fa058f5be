// Profiles: calls, times and bytes by operation.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {

TEST_CASE("a profile counts calls and bytes") {
  const Parameter w(full({10'000}, 2));
  std::vector<ProfileEntry> entries;
  std::string table, narrow;
  {
    const Profile profile;
    for (int step = 0; step < 3; ++step) {
      Tape tape;
      const Var h = tanh(w * w);
      const Var loss = sum(h * Real(0.5));
      tape.backward(loss);
      if (step == 0) tape.backward(loss);
    }
    exp(Var(1));  // computed, but never differentiated
    entries = profile.entries();
    table = profile.table();
    narrow = profile.table(40);
    CHECK(Observer::innermost() == &profile);
  }
  CHECK(Observer::innermost() == nullptr);
  std::map<std::string, ProfileEntry> by_name;
  for (const ProfileEntry& e : entries) by_name[e.operation] = e;
  REQUIRE(entries.size() == 4);
  REQUIRE(by_name.size() == 4);
  const auto check = [&](const char* operation, std::size_t calls, std::size_t backward,
                         std::size_t numbers) {
    CAPTURE(operation);
    const ProfileEntry& e = by_name[operation];
    CHECK(e.calls == calls);
    CHECK(e.backward_calls == backward);
    CHECK(e.bytes == numbers * sizeof(Real));
  };
  check("multiply", 6, 8, 60'000);
  check("tanh", 3, 4, 30'000);
  check("sum", 3, 4, 3);
  check("exp", 1, 0, 1);
  CHECK(by_name["tanh"].seconds > 0);
  CHECK(by_name["tanh"].backward_seconds > 0);
  CHECK(by_name["exp"].backward_seconds == 0);
  CHECK(std::is_sorted(entries.begin(), entries.end(),
                       [](const ProfileEntry& a, const ProfileEntry& b) {
                         return a.seconds + a.backward_seconds > b.seconds + b.backward_seconds;
                       }));

  // the table: a header, the entries in order, the total, all in columns
  std::istringstream lines(table);
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 6);
  for (const std::string& row : rows) CHECK(row.size() == rows[0].size());
  for (std::size_t i = 0; i < 4; ++i) {
    std::istringstream row(rows[i + 1]);
    std::string name;
    std::size_t calls, backward;
    double ms, backward_ms, megabytes;
    row >> name >> calls >> ms >> backward >> backward_ms >> megabytes;
    REQUIRE(row);
    CHECK(name == entries[i].operation);
    CHECK(calls == entries[i].calls);
    CHECK(backward == entries[i].backward_calls);
    CHECK(near(ms, 1e3 * entries[i].seconds, 0, 0.0006));
    CHECK(near(backward_ms, 1e3 * entries[i].backward_seconds, 0, 0.0006));
    CHECK(near(megabytes, 1e-6 * static_cast<double>(entries[i].bytes), 0, 0.0006));
  }
  CHECK(rows[5].starts_with("total"));
  CHECK(rows[5].find(" 13 ") != std::string::npos);
  CHECK(rows[5].find(" 16 ") != std::string::npos);

  // where it does not fit: both directions together
  CHECK(narrow.find('\n') <= 40);
  std::istringstream sums(narrow.substr(narrow.find("total")));
  std::string name;
  std::size_t calls;
  sums >> name >> calls;
  CHECK(calls == 29);
}

TEST_CASE("a profile of nothing, and of an operation with a long name") {
  const Profile profile;
  CHECK(profile.entries().empty());
  std::string table = profile.table();
  CHECK(std::count(table.begin(), table.end(), '\n') == 2);
  const std::string name(300, 'n');
  record(name.c_str(), {Var(1)}, scalar(1), [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
  table = profile.table();
  CHECK(table.find(name + ' ') != std::string::npos);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
}

}  // namespace reel::inline REEL_PRECISION
