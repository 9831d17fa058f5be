// The table of schedules: a row for each name.
#include <reel/optim/schedules.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Options = NamedScheduleOptions;  // whose length is that after the warm-up, and every ≥ 1

struct Row {
  std::string_view name;
  Rate (*make)(const Options& o);
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"constant",
       [](const Options&) -> Rate { return [](double base, std::size_t) { return base; }; }},
      {"linear", [](const Options& o) { return linear_decay(o.length, o.least); }},
      {"cosine", [](const Options& o) { return cosine(o.length, o.least); }},
      {"restarts", [](const Options& o) { return cosine_restarts(o.every, 1, o.least); }},
      {"step", [](const Options& o) { return step_decay(o.every, o.factor); }},
      {"exponential",
       [](const Options& o) {
         return exponential(std::pow(o.factor, 1 / static_cast<double>(o.every)));
       }},
  };
  return table;
}

constexpr std::string_view one_cycle_name = "one-cycle";

Rate one_cycle_of(const Options& o) {
  OneCycleOptions cycle;
  if (o.warm_up > 0) cycle.rise = static_cast<double>(o.warm_up) / static_cast<double>(o.length);
  return one_cycle(o.length, cycle);
}

}  // namespace

const std::vector<std::string_view>& schedule_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Row& row : rows()) all.push_back(row.name);
    all.push_back(one_cycle_name);
    return all;
  }();
  return names;
}

Rate schedule_by_name(std::string_view name, const NamedScheduleOptions& options) {
  if (options.length == 0) fail_usage("schedule", "length = 0 is not positive.");
  if (options.warm_up > options.length)
    fail_usage("schedule", "warm_up = ", options.warm_up, " is longer than the run, ",
               options.length, '.');
  if (name == one_cycle_name) return one_cycle_of(options);
  const auto row =
      std::find_if(rows().begin(), rows().end(), [&](const Row& one) { return one.name == name; });
  if (row == rows().end()) {
    std::string names;
    for (const std::string_view one : schedule_names())
      names += concat(names.empty() ? "" : ", ", one);
    fail_usage("schedule", "there is no \"", name, "\". Hint: one of ", names, '.');
  }
  Options rest = options;
  rest.length = std::max<std::size_t>(1, options.length - options.warm_up);
  if (rest.every == 0) rest.every = std::max<std::size_t>(1, rest.length / 3);
  const Rate rate = row->make(rest);
  if (options.warm_up == 0) return rate;
  // base·(t + 1)/warm_up
  const Rate rise = linear_warm_up(std::max<std::size_t>(1, options.warm_up - 1),
                                   1 / static_cast<double>(options.warm_up));
  return sequence({rise, rate}, {options.warm_up});
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
