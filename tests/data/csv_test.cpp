// CSV files: columns, classes, quotes and line ends, and what is wrong on which line.
#include <reel/data/csv.h>

#include <string>
#include <vector>

#include "idx_files.h"
#include "labels.h"

using namespace reel;
using namespace reel::testing;
using data::CsvOptions;
using data::Dataset;

namespace {

Dataset loaded(const std::string& text, const CsvOptions& options = {}) {
  return data::load_csv(folder().write("table.csv", Bytes(text.begin(), text.end())), options);
}

bool refused(const std::string& text, const CsvOptions& options, const std::string& part,
             Kind kind = Kind::input) {
  const Error error = error_of([&] { loaded(text, options); });
  return says(error, kind, {"[csv] ", part}) &&
         (kind == Kind::usage || says(error, kind, {(folder() / "table.csv").string() + ": "}));
}

const std::string houses = "id,rooms,area,price\n1,3,70.5,200\n2,5,120,350\n3,1,-3e1,90\n";

}  // namespace

TEST_CASE("csv: columns become inputs, targets and weights") {
  const Dataset set = loaded(houses, {.targets = {"price"}, .ignored = {"id"}});
  CHECK(set.name() == "table");
  CHECK(set.size() == 3);
  CHECK(*set.all().inputs == matrix({{3, 70.5}, {5, 120}, {1, -30}}));
  CHECK(*set.all().targets == matrix({{200}, {350}, {90}}));
  const Dataset two = loaded(houses, {.targets = {"price", "rooms"}, .weight = "id"});
  CHECK(*two.all().inputs == matrix({{70.5}, {120}, {-30}}));
  CHECK(*two.all().targets == matrix({{200, 3}, {350, 5}, {90, 1}}));  // in the order of the option
  CHECK(*two.all().weights == vector({1, 2, 3}));
  const Dataset bare = loaded(houses);
  CHECK(bare.features() == 4);
  CHECK(bare.outputs() == 0);
}

TEST_CASE("csv: classes are whole numbers, or texts in alphabetical order, or in an order given") {
  const Dataset digits = loaded("x,y\n1,3\n2,0\n3,007\n", {.label = "y"});
  CHECK(labels_of(digits) == std::vector<Label>{3, 0, 7});
  CHECK(digits.classes() == 8);
  CHECK(digits.class_names().empty());
  const std::string flowers = "x,kind\n1,setosa\n2,iris\n3,setosa\n4,\"a, b\"\n";
  const Dataset named = loaded(flowers, {.label = "kind"});
  CHECK(named.class_names() == std::vector<std::string>{"a, b", "iris", "setosa"});
  CHECK(labels_of(named) == std::vector<Label>{2, 1, 2, 0});
  const Dataset ordered =
      loaded(flowers, {.label = "kind", .class_names = {"setosa", "rose", "iris", "a, b"}});
  CHECK(labels_of(ordered) == std::vector<Label>{0, 2, 0, 3});
  CHECK(ordered.classes() == 4);
  const Dataset signs = loaded("x,y\n1,-1\n2,1\n", {.label = "y"});
  CHECK(signs.class_names() == std::vector<std::string>{"-1", "1"});
  CHECK(refused(flowers, {.label = "kind", .class_names = {"setosa", "iris"}},
                "line 5, column \"kind\": \"a, b\" is not one of the classes."));
  CHECK(refused("x,y\n1,a\n2,\n", {.label = "y"},
                "line 3, column \"y\": is empty, expected a class."));
  CHECK(refused("x,zip\n1,94110\n", {.label = "zip"}, "line 2, column \"zip\": label 94110"));
}

TEST_CASE("csv: quotes, line ends, spaces, a byte order mark, other separators, no header") {
  const Tensor expected = matrix({{1, 2}, {3, 4}});
  for (const char* text :
       {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r\n1,2\r\n3,4",
        "\xEF\xBB\xBF"
        "a,b\n1,2\n3,4\n",
        "\n\na,b\n\n1,2\n\r\n3,4\n\n", " a , b \n 1 ,\t2 \n3, +4\n",
        "\"a\",\"b\"\n\"1\",\"2\"\n3,\"4\"\n", "a,b\n1,2.0e0\n3,.4e1\n"}) {
    CAPTURE(text);
    CHECK(*loaded(text).all().inputs == expected);
  }
  CHECK(*loaded("a;b\n1;2\n3;4\n", {.separator = ';'}).all().inputs == expected);
  CHECK(*loaded("a\tb\n1\t2\n3\t4\n", {.separator = '\t'}).all().inputs == expected);
  const Dataset bare = loaded("1,2,1\n3,4,0\n", {.label = "2", .header = false});
  CHECK(*bare.all().inputs == expected);
  CHECK(labels_of(bare) == std::vector<Label>{1, 0});
  // quotes within quotes, and a line end, which counts
  const std::string quoted = "\"say \"\"x\"\"\",\"two\nlines\"\n1,2\n3,x\n";
  CHECK(refused(quoted, {.targets = {"say \"x\""}}, "line 4, column \"two\\x0alines\": \"x\""));
}

TEST_CASE("csv: a wrong field is named with its line and column") {
  CHECK(refused("a,b\n1,2\n3,x\n", {}, "line 3, column \"b\": \"x\" is not a number."));
  CHECK(refused("a,b\n1,2\n\n,4\n", {}, "line 4, column \"a\": is empty, expected a number."));
  for (const char* text : {"nan", "inf", "-inf", "1e999", "1e-999"})
    CHECK(refused(concat("a,b\n1,", text, "\n"), {},
                  concat("line 2, column \"b\": \"", text, "\" is not finite")));
  for (const char* text : {"1.2.3", "0x10", "1,5", "+-1", "--1", "1 2", "1e"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(loaded(concat("a,b\n1,", text, "\n")), Error);
  }
  CHECK(loaded("a\n1e-60\n").sample(0)(0) == static_cast<Real>(1e-60));  // 0 in single precision
  CHECK(refused("a,b\n1,2\n3\n", {}, "line 3 has 1 fields, expected 2."));
  CHECK(refused("a,b\n1,2\n3,4,5\n", {}, "line 3 has 3 fields, expected 2."));
  CHECK(refused("a,b\n1,2,\n", {}, "line 2 has 3 fields"));
  CHECK(refused("a,b\n1,\"2\n3,4\n", {}, "line 2: a quote is never closed."));
  CHECK(refused("a,b\n1,\"2\"3\n", {}, "line 2: there is text after the closing quote of \"2\"."));
}

TEST_CASE("csv: files and options that make no sense") {
  for (const char* text : {"", "\n\n", "\xEF\xBB\xBF"}) CHECK(refused(text, {}, "is empty"));
  CHECK(refused("a,b\n", {}, "has only a header"));
  CHECK(refused("1,2\n3,4\n", {}, "line 1 has only numbers"));
  CHECK(refused("a,b\n1,2\n", {.header = false}, "\"a\" is not a number. Hint: .header = true"));
  CHECK(refused("a;b\n1;2\n", {}, "is not a number. Hint: .separator = ';'."));
  CHECK(refused("a;b\n1;2\n", {.label = "b"}, "Hint: .separator = ';'."));
  CHECK(refused("a,b\n1,2\n", {.label = "c"}, "there is no column \"c\", only \"a\", \"b\"."));
  CHECK(refused("a,a\n1,2\n", {.label = "a"}, "several columns are called \"a\"."));
  CHECK(refused("a,b\n1,2\n", {.label = "a", .targets = {"b"}}, "one of them", Kind::usage));
  CHECK(refused("a,b\n1,2\n", {.targets = {"b", "b"}}, "\"b\" is named twice", Kind::usage));
  CHECK(refused("a\n1\n", {.targets = {"a"}}, "no column is left"));
  CHECK(refused("a,b\n1,2\n", {.class_names = {"x"}}, "no label column", Kind::usage));
  CHECK(refused("a,b\n1,2\n", {.label = "b", .class_names = {"x", "x"}}, "same name", Kind::usage));
  CHECK(says(error_of([] { loaded("a,w\n1,-2\n", {.weight = "w"}); }), Kind::input,
             {"weight -2 at index 0"}));
  CHECK(says(error_of([] { data::load_csv("/nowhere/x.csv"); }), Kind::input, {"/nowhere/x.csv"}));
}
