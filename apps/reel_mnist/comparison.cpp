// Tests the differences between settings, prints and draws them.
#include "comparison.h"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "../common/cost_chart.h"
#include "../common/output.h"
#include "../common/table.h"
#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr double significant_p = 0.05;

using Number = double (*)(const Repetition&);

double cost_of(const Repetition& r) { return r.costs.back(); }
double accuracy_of(const Repetition& r) { return r.test_accuracy; }
double seconds_of(const Repetition& r) { return r.seconds; }

std::vector<double> numbers(const Contestant& one, Number number) {
  std::vector<double> all;
  for (const Repetition& result : one.results) all.push_back(number(result));
  return all;
}

Estimate estimate_of(const Contestant& one, Number number) {
  return estimate(numbers(one, number));
}

}  // namespace

bool all_diverged(const Variation& variation) {
  return std::all_of(variation.contestants.begin(), variation.contestants.end(),
                     [](const Contestant& one) { return one.diverged() > 0; });
}

std::vector<Pair> pairs_of(const std::vector<Contestant>& all) {
  std::vector<Pair> pairs;
  std::vector<double> of_accuracy, of_cost;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (all[i].diverged() > 0 || all[k].diverged() > 0) continue;
      const auto test = [&](Number number) {
        return paired_test(numbers(all[i], number), numbers(all[k], number));
      };
      pairs.push_back({i, k, test(accuracy_of), test(cost_of)});
      of_accuracy.push_back(pairs.back().accuracy.p);
      of_cost.push_back(pairs.back().cost.p);
    }
  of_accuracy = holm(of_accuracy);
  of_cost = holm(of_cost);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i].accuracy.p = of_accuracy[i];
    pairs[i].cost.p = of_cost[i];
  }
  return pairs;
}

plot::Picture picture(const Variation& variation, const std::string& title) {
  std::vector<CostRuns> settings;
  for (const Contestant& one : variation.contestants) {
    settings.push_back({one.value, {}});
    for (const Repetition& result : one.results) settings.back().runs.push_back(result.costs);
  }
  return {title, {cost_chart(settings)}, 1};
}

namespace {

nlohmann::ordered_json test_json(const PairedTest& test) {
  return {{"difference", test.difference.mean},
          {"low", test.difference.mean - test.difference.margin},
          {"high", test.difference.mean + test.difference.margin},
          {"p", test.p},
          {"significant", test.p < significant_p}};
}

std::string sign(double value) { return value < 0 ? "−" : "+"; }

Table table_of(const Variation& variation) {
  Table table({{variation.name},
               {"final cost", true, true},
               {"test accuracy, 95 % interval", true, true},
               {"seconds", true}});
  for (const Contestant& one : variation.contestants) {
    if (const std::size_t diverged = one.diverged(); diverged > 0) {
      table.add({one.value, "diverged",
                 concat("with ", diverged, " of ", one.results.size(), " seeds"), ""});
      continue;
    }
    const Estimate accuracy = estimate_of(one, accuracy_of);
    table.add({one.value, significant(estimate_of(one, cost_of).mean, 4),
               concat(percent(accuracy.mean), " ± ", percent(accuracy.margin)),
               significant(estimate_of(one, seconds_of).mean, 3)});
  }
  return table;
}

// Without the costs if the terminal is narrow.
Table table_of(const std::vector<Pair>& pairs, const std::vector<Contestant>& all, bool narrow) {
  std::vector<Table::Column> columns{
      {"difference", false, true}, {"test accuracy", true, true}, {"p", true}};
  if (!narrow) columns.insert(columns.end(), {{"final cost", true, true}, {"p", true}});
  Table table(columns);
  const auto p = [](double value) {
    return concat(significant(value, 2), value < significant_p ? " *" : "  ");
  };
  for (const Pair& pair : pairs) {
    const double accuracy = pair.accuracy.difference.mean, cost = pair.cost.difference.mean;
    std::vector<std::string> cells{concat(all[pair.first].value, " − ", all[pair.second].value),
                                   sign(accuracy) + percent(std::abs(accuracy)),
                                   p(pair.accuracy.p)};
    if (!narrow)
      cells.insert(cells.end(), {sign(cost) + significant(std::abs(cost), 3), p(pair.cost.p)});
    table.add(cells);
  }
  return table;
}

// The settings that take no part in the tests, such as "lr 1e9 and 1e30"; empty if there are none.
std::string left_out(const Variation& variation) {
  std::vector<std::string> values;
  for (const Contestant& one : variation.contestants)
    if (one.diverged() > 0) values.push_back(one.value);
  return values.empty() ? "" : concat(variation.name, ' ', listed(values));
}

}  // namespace

void print_json(const Variation& variation, const std::vector<Pair>& pairs, bool complete) {
  for (const Contestant& one : variation.contestants) {
    nlohmann::ordered_json json{
        {"setting", one.value}, {"seeds", one.results.size()}, {"diverged", one.diverged()}};
    if (one.diverged() == 0)
      json.update({{"train_loss", to_json(estimate_of(one, cost_of))},
                   {"test_accuracy", to_json(estimate_of(one, accuracy_of))},
                   {"seconds", to_json(estimate_of(one, seconds_of))}});
    std::cout << json_line(json);
  }
  for (const Pair& pair : pairs)
    std::cout << json_line({{"first", variation.contestants[pair.first].value},
                            {"second", variation.contestants[pair.second].value},
                            {"test_accuracy", test_json(pair.accuracy)},
                            {"train_loss", test_json(pair.cost)}});
  const char* const status = !complete                 ? "stopped"
                             : all_diverged(variation) ? "diverged"
                                                       : "finished";
  std::cout << json_line({{"final", true}, {"status", status}, {"vary", variation.name}});
}

void print_text(const Variation& variation, const std::vector<Pair>& pairs, std::size_t width) {
  const auto& all = variation.contestants;
  std::cout << '\n' << table_of(variation).text(width) << '\n';
  if (const std::string without = left_out(variation); !without.empty())
    std::cout << paragraph(concat("The tests leave out ", without,
                                  ": the seeds with which a setting does not diverge say nothing "
                                  "of it."),
                           width);
  if (all[0].results.size() < 2) {
    std::cout << paragraph("One seed says nothing about chance, so nothing is tested.", width);
    return;
  }
  if (pairs.empty()) return;
  std::cout << table_of(pairs, all, is_narrow(width)).text(width) << '\n'
            << paragraph(concat("p by a paired t-test over ", all[0].results.size(),
                                " seeds, with Holm's correction for ",
                                counted(pairs.size(), "pair"), "; * below ", significant_p,
                                ": the difference is hardly chance. Differences of accuracies are "
                                "percentage points. The cost is the mean training loss during the "
                                "last epoch."),
                         width);
}

}  // namespace reel::mnist
