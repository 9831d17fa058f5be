// The tables of reel-mnist: what they say, and that they fit every terminal.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <reel/nn/activations.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../../apps/common/table.h"
#include "../../apps/common/text.h"
#include "../../apps/reel_mnist/report.h"

namespace reel::mnist {
namespace {

using apps::Table;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  for (const std::string& line : lines_of(text)) width = std::max(width, apps::width_of(line));
  return width;
}

// A data set of these classes: 0, 1, … or A, B, …, or with long names.
data::Dataset classes(std::size_t count, const std::string& names) {
  std::vector<std::string> all;
  for (std::size_t c = 0; c < count; ++c)
    all.push_back(names == "numbers" ? std::to_string(c)
                  : names == "letters"
                      ? std::string(1, static_cast<char>('A' + c))
                      : "a class with a very long name, number " + std::to_string(c));
  return data::Dataset(zeros({1, 1}), Labels{0}, {.classes = count, .class_names = all});
}

// Each class 100 times right, c times taken for the next one, and once for the first.
train::Confusion confusion(std::size_t count, std::size_t right = 100) {
  train::Confusion made(count);
  for (std::size_t c = 0; c < count; ++c) {
    const auto truth = static_cast<Label>(c);
    for (std::size_t i = 0; i < right; ++i) made.add(truth, truth);
    for (std::size_t i = 0; i < c; ++i) made.add(truth, static_cast<Label>((c + 1) % count));
    made.add(truth, 0);
  }
  return made;
}

TEST_CASE("confusion_table: the matrix of ten classes fits 80 columns") {
  const auto fashion =
      data::Dataset(zeros({1, 1}), Labels{0},
                    {.classes = 10,
                     .class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                     "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}});
  const std::string text = confusion_table(confusion(10, 1000), fashion, 80);
  CHECK(widest(text) <= 80);
  CHECK(text.find("1 Trouser") != std::string::npos);
  const std::string wide = confusion_table(confusion(10, 1000), fashion, 200);
  CHECK(widest(wide) > 80);
  CHECK(widest(wide) <= 200);
  const std::string narrow = confusion_table(confusion(10), fashion, 40);
  CHECK(widest(narrow) <= 40);
  CHECK(narrow.find("1 Trouser") == std::string::npos);
}

TEST_CASE("confusion_table: the numbers") {
  train::Confusion two(2);
  for (int i = 0; i < 3; ++i) two.add(0, 0);
  two.add(0, 1);
  two.add(1, 1);
  const auto lines = lines_of(confusion_table(two, classes(2, "numbers"), 80));
  REQUIRE(lines.size() == 5);
  CHECK(lines[2] == "   0  1  prec   rec    F1");
  CHECK(lines[3] == "0  3  1   100  75.0  85.7");  // the name is the number: once
  CHECK(lines[4] == "1  ·  1  50.0   100  66.7");
  train::Confusion none(2);
  none.add(0, 0);
  const auto undefined = lines_of(confusion_table(none, classes(2, "letters"), 80));
  CHECK(undefined[4] == "1 B  ·  ·     –    –    –");
  const auto compact = lines_of(confusion_table(confusion(3), classes(3, "letters"), 15));
  CHECK(std::find(compact.begin(), compact.end(), "C 99.0 97.1 98.0 A 3") != compact.end());
}

TEST_CASE("confusion_table: many classes, long names, narrow terminals") {
  for (const std::size_t count : {1u, 2u, 10u, 26u, 47u})
    for (const char* names : {"numbers", "letters", "long names"})
      for (const std::size_t width : {40u, 80u, 200u}) {
        CAPTURE(count);
        CAPTURE(names);
        CAPTURE(width);
        const std::string text = confusion_table(confusion(count), classes(count, names), width);
        CHECK(widest(text) <= width);
        CHECK(lines_of(text).size() >= count + 3);
      }
  const std::string letters = confusion_table(confusion(26), classes(26, "letters"), 80);
  CHECK(letters.find("\nB   100  98.0  99.0  A 1, C 1\n") != std::string::npos);
  CHECK(letters.find("D 3, A 1") == std::string::npos);
  CHECK(letters.find("E 3, A 1") != std::string::npos);  // of D
}

TEST_CASE("summary_table: the parts, shapes and parameters") {
  nn::Sequential model = nn::mlp({784, 10, 10}, nn::relu, {.batch_norm = true, .dropout = 0.2});
  const std::string text = summary_table(model, 80);
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 7);
  CHECK(lines[1].starts_with("0"));
  CHECK(lines[1].find("Linear(784, 10)") != std::string::npos);
  CHECK(lines[1].find("(10,784) (10)") != std::string::npos);
  CHECK(lines[1].ends_with(" 7,850"));
  CHECK(lines[2].find("BatchNorm") != std::string::npos);
  CHECK(lines[2].ends_with(" 20"));
  CHECK(lines[6].starts_with("all"));
  CHECK(lines[6].ends_with(" 7,980"));
  CHECK(widest(text) <= 80);
  CHECK(widest(summary_table(model, 40)) <= 40);
  nn::Linear alone(3, 2);
  CHECK(summary_table(alone, 80).find("\nmodel  Linear(3, 2)  (2,3) (2)           8\n") !=
        std::string::npos);
}

TEST_CASE("table: wraps, cuts, aligns, and counts characters") {
  Table table({{"name"}, {"text", false, true}, {"n", true}}, 1);
  table.add({"ä", "some words and unbreakablyverylongwords", "1"});
  table.add({"\x1b[32mb\x1b[0m", "", "20"});
  CHECK(table.text(20) ==
        "name text          n\n"
        "ä    some words    1\n"
        "     and\n"
        "     unbreakably…\n"
        "\x1b[32mb\x1b[0m                 20\n");
  CHECK(widest(table.text(20)) == 20);
  CHECK(table.width() == 47);
  CHECK(widest(table.text(1000)) == 47);
  CHECK(apps::cut("naïve", 5) == "naïve");
  CHECK(apps::cut("naïve", 4) == "naï…");
  CHECK(apps::cut("naïve", 1) == "…");
  CHECK(apps::cut("naïve", 0) == "");
}

TEST_CASE("similar: capitals, prefixes, typing errors") {
  const std::vector<std::string> names{"sgd", "adam", "adamw", "rmsprop", "rprop", "momentum"};
  using Names = std::vector<std::string>;
  CHECK(apps::similar("ADAM", names) == Names{"adam", "adamw"});
  CHECK(apps::similar("rmprop", names) == Names{"rmsprop", "rprop"});
  CHECK(apps::similar("adamw-2", names) == Names{"adam", "adamw"});
  CHECK(apps::similar("xyzzyx", names).empty());
  CHECK(apps::nearest("xyzzyx", names) == apps::listed(names));
  CHECK(apps::listed({"a", "b", "c"}, " or ") == "a, b or c");
  CHECK(apps::listed({}, " or ").empty());
}

}  // namespace
}  // namespace reel::mnist
