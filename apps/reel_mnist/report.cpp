// Tables and JSON.
#include "report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "../common/output.h"
#include "../common/table.h"
#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

namespace {

// "87.9", "100", "–" for NaN: a share in percent.
std::string short_percent(double share) {
  if (std::isnan(share)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, share == 1 ? "%.0f" : "%.1f", 100 * share);
  return text;
}

std::vector<std::string> scores(const train::Confusion& confusion, std::size_t index) {
  return {short_percent(confusion.precision(index)), short_percent(confusion.recall(index)),
          short_percent(confusion.f1(index))};
}

constexpr std::array score_titles{"prec", "rec", "F1"};

Table confusion_matrix(const train::Confusion& confusion, const data::Dataset& dataset,
                       std::size_t gap) {
  // The columns have numbers; if these are not the classes' names, the rows have both.
  const auto number = [](std::size_t index) { return std::to_string(index); };
  const std::size_t classes = confusion.classes();
  bool numbered = false;
  for (std::size_t c = 0; c < classes; ++c) numbered |= dataset.class_name(c) != number(c);
  std::vector<Table::Column> columns{{""}};
  for (std::size_t c = 0; c < classes; ++c) columns.push_back({number(c), true});
  for (const char* title : score_titles) columns.push_back({title, true});
  Table table(columns, gap);
  const std::size_t digits = number(classes - 1).size();
  for (std::size_t truth = 0; truth < classes; ++truth) {
    std::vector<std::string> cells{padded(number(truth), digits, true)};
    if (numbered) cells[0] += ' ' + dataset.class_name(truth);
    for (std::size_t guess = 0; guess < classes; ++guess) {
      const std::size_t count = confusion(truth, guess);
      cells.push_back(count ? number(count) : "·");
    }
    for (std::string& score : scores(confusion, truth)) cells.push_back(std::move(score));
    table.add(std::move(cells));
  }
  return table;
}

// The two classes for which a class is most often taken: "Shirt 65, Dress 31".
std::string mistaken_for(const train::Confusion& confusion, const data::Dataset& dataset,
                         std::size_t truth) {
  std::vector<std::size_t> guesses;
  for (std::size_t guess = 0; guess < confusion.classes(); ++guess)
    if (guess != truth && confusion(truth, guess) > 0) guesses.push_back(guess);
  std::stable_sort(guesses.begin(), guesses.end(), [&](std::size_t a, std::size_t b) {
    return confusion(truth, a) > confusion(truth, b);
  });
  if (guesses.size() > 2) guesses.resize(2);
  std::vector<std::string> texts;
  for (const std::size_t guess : guesses)
    texts.push_back(concat(dataset.class_name(guess), ' ', confusion(truth, guess)));
  return listed(texts);
}

// Lists the parts of a model with the shapes and the number of their own parameters.
struct Parts : nn::Visitor {
  struct Part {
    std::string path, kind, shapes = {};
    std::size_t parameters = 0;
  };

  explicit Parts(nn::Module& model) {
    on_module("", model);
    model.visit(*this);
  }
  void on_module(const std::string& path, nn::Module& module) override {
    place[path] = all.size();
    all.push_back({path, module.describe()});
  }
  void on_parameter(const std::string& path, Parameter& parameter) override {
    const std::size_t dot = path.rfind('.');
    Part& part = all[place.at(dot == std::string::npos ? "" : path.substr(0, dot))];
    part.shapes += (part.shapes.empty() ? "" : " ") + to_string(parameter.shape());
    if (seen.insert(parameter.identity()).second)
      part.parameters += element_count(parameter.shape());
  }

  std::vector<Part> all;  // the model first
  std::map<std::string, std::size_t> place;
  std::set<const void*> seen;  // a parameter that several parts share counts once
};

}  // namespace

std::string confusion_table(const train::Confusion& confusion, const data::Dataset& dataset,
                            std::size_t width) {
  const auto page = [width](const std::string& legend, const Table& table) {
    return paragraph(legend, width) + '\n' + table.text(width);
  };
  for (const std::size_t gap : {2u, 1u}) {
    const Table matrix = confusion_matrix(confusion, dataset, gap);
    if (matrix.width() <= width)
      return page("Rows: true class; columns: what it was taken for; precision, recall and F1 in %",
                  matrix);
  }
  Table table({{"", false, true},
               {score_titles[0], true},
               {score_titles[1], true},
               {score_titles[2], true},
               {"taken for", false, true}},
              is_narrow(width) ? 1 : 2);
  for (std::size_t truth = 0; truth < confusion.classes(); ++truth) {
    std::vector<std::string> cells{dataset.class_name(truth)};
    for (std::string& score : scores(confusion, truth)) cells.push_back(std::move(score));
    cells.push_back(mistaken_for(confusion, dataset, truth));
    table.add(std::move(cells));
  }
  return page("Precision, recall and F1 of each class in %, and what it was most often taken for",
              table);
}

std::string summary_table(nn::Module& model, std::size_t width) {
  const Parts parts(model);
  Table table({{"part"}, {"kind", false, true}, {"shapes", false, true}, {"parameters", true}},
              is_narrow(width) ? 1 : 2);
  std::size_t total = 0;
  for (const Parts::Part& part : parts.all) {
    total += part.parameters;
    const bool whole = part.path.empty();  // only a model of a single part has parameters itself
    if (whole && part.parameters == 0) continue;
    table.add({whole ? "model" : part.path, part.kind, part.shapes,
               part.parameters ? grouped(part.parameters) : ""});
  }
  table.add({"all", "", "", grouped(total)});
  return table.text(width);
}

nlohmann::ordered_json to_json(const train::Evaluation& evaluation, const data::Dataset& dataset,
                               const std::string& name) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  nlohmann::ordered_json by_class = nlohmann::ordered_json::object(), precision = by_class,
                         f1 = by_class;
  for (std::size_t truth = 0; truth < evaluation.confusion.classes(); ++truth) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (std::size_t guess = 0; guess < evaluation.confusion.classes(); ++guess)
      row.push_back(evaluation.confusion(truth, guess));
    rows.push_back(std::move(row));
    const std::string& class_name = dataset.class_name(truth);
    by_class[class_name] = evaluation.confusion.accuracy(truth);
    precision[class_name] = evaluation.confusion.precision(truth);
    f1[class_name] = evaluation.confusion.f1(truth);
  }
  nlohmann::ordered_json json{{name + "_accuracy", evaluation.accuracy()},
                              {name + "_loss", evaluation.loss},
                              {"macro_f1", evaluation.confusion.macro_f1()}};
  const auto calibration = evaluation.metrics.find("calibration_error");
  if (calibration != evaluation.metrics.end()) json["calibration_error"] = calibration->second;
  json.update({{"class_accuracy", std::move(by_class)},
               {"class_precision", std::move(precision)},
               {"class_f1", std::move(f1)},
               {"confusion", std::move(rows)}});
  return json;
}

}  // namespace reel::mnist
