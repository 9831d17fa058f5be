// The layers of the design: which folder includes which, which records, and which headers reel.h
// omits.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = REEL_SOURCE_DIR;
const std::vector<std::string> folders{"autodiff/core",
                                       "autodiff/tensor",
                                       "autodiff/engine",
                                       "autodiff/ops",
                                       "autodiff/inspect",
                                       "nn",
                                       "optim",
                                       "data",
                                       "plot",
                                       "exchange",
                                       "report",
                                       "train",
                                       "apps"};

// The path prefixes that the files of each folder may include; apps may include all.
const std::map<std::string, std::vector<std::string>> allowed{
    {"autodiff/core", {"autodiff/core/"}},
    {"autodiff/tensor", {"autodiff/tensor/", "autodiff/core/"}},
    {"autodiff/engine", {"autodiff/engine/", "autodiff/tensor/", "autodiff/core/"}},
    {"autodiff/ops", {"autodiff/ops/", "autodiff/engine/", "autodiff/tensor/", "autodiff/core/"}},
    {"autodiff/inspect", {"autodiff/"}},
    {"nn", {"nn/", "autodiff/"}},
    {"optim", {"optim/", "autodiff/"}},
    {"data",
     {"data/", "autodiff/core/", "autodiff/tensor/tensor.h", "autodiff/tensor/shared_tensor.h"}},
    {"plot", {"plot/", "autodiff/core/"}},
    {"exchange", {"exchange/", "nn/", "autodiff/", "data/npy.h"}},
    {"train", {"train/", "autodiff/", "nn/", "optim/", "data/"}},
    {"report", {"report/", "autodiff/", "nn/", "optim/", "data/", "train/", "plot/"}},
    {"apps", {""}},
};

// Headers that the code of a model does not need: reel.h may omit them. docs/site/make reads this
// list, and leaves them out of the reference.
const std::set<std::string> internal{"autodiff/engine/arena.h",
                                     "autodiff/tensor/onednn_product.h",
                                     "autodiff/core/error_function.h",
                                     "autodiff/core/large_pages.h",
                                     "autodiff/core/prefetch.h",
                                     "autodiff/tensor/fold.h",
                                     "autodiff/tensor/transpose.h",
                                     "autodiff/core/file.h",
                                     "autodiff/core/hash.h",
                                     "autodiff/core/terminal.h",
                                     "autodiff/core/text.h",
                                     "autodiff/inspect/check_doctest.h",
                                     "autodiff/inspect/check/fault.h",
                                     "autodiff/inspect/check/numeric.h",
                                     "autodiff/inspect/check/program.h",
                                     "autodiff/engine/gradient_use.h",
                                     "autodiff/core/protobuf.h",
                                     "autodiff/engine/leaf_table.h",
                                     "data/digit.h",
                                     "data/fields.h",
                                     "data/idx.h",
                                     "data/inflate.h",
                                     "data/naming.h",
                                     "data/picture.h",
                                     "data/pixels.h",
                                     "data/samples.h",
                                     "data/warp.h",
                                     "exchange/c_names.h",
                                     "exchange/c_text.h",
                                     "exchange/network.h",
                                     "nn/foreign_file.h",
                                     "nn/safetensors_header.h",
                                     "nn/weight_names.h",
                                     "optim/lbfgs_search.h",
                                     "optim/minimize/line.h",
                                     "optim/vectors.h",
                                     "optim/options.h",
                                     "plot/chart.h",
                                     "plot/frame.h",
                                     "plot/labels.h",
                                     "plot/level_lines.h",
                                     "plot/lines.h",
                                     "plot/parts.h",
                                     "plot/scale.h",
                                     "plot/svg.h",
                                     "report/assets.h",
                                     "report/html.h"};

struct Source {
  std::string folder, path;
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
};

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<Source> read_sources() {
  std::vector<Source> sources;
  for (const std::string& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() == ".h" || path.extension() == ".cpp")
        sources.push_back({folder, fs::relative(path, root).generic_string(), lines_of(path)});
    }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

const std::vector<Source>& all_sources() {
  static const std::vector<Source> sources = read_sources();
  return sources;
}

struct Include {
  bool quoted;
  std::string path;
};

std::vector<Include> includes_of(const std::vector<std::string>& lines) {
  static const std::regex pattern(R"(\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::vector<Include> includes;
  for (const std::string& line : lines)
    if (std::smatch match; std::regex_match(line, match, pattern))
      includes.push_back({match[1] == "\"", match[2]});
  return includes;
}

// The path of an include, relative to the root; empty if it is not a file of Reel. A quoted path is
// relative to the including file.
std::string reel_path(const Include& include, const std::string& from) {
  if (include.path.starts_with("reel/")) return include.path.substr(5);
  if (!include.quoted) return "";
  return (fs::path(from).parent_path() / include.path).lexically_normal().generic_string();
}

// The engine is below the operations, but a recorded sweep computes with operations: the engine's
// source files may include them, its headers may not.
bool computes_with_operations(const Source& source, const std::string& path) {
  return source.folder == "autodiff/engine" && !source.is_header() &&
         path.starts_with("autodiff/ops/");
}

bool may_include(const std::string& folder, const std::string& path) {
  const auto& beginnings = allowed.at(folder);
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& beginning) { return path.starts_with(beginning); });
}

// A line without comments and strings.
std::string code_of(const std::string& line) {
  static const std::regex strings(R"("(\\.|[^"\\])*")");
  const std::string code = std::regex_replace(line, strings, "\"\"");
  return code.substr(0, code.find("//"));
}

void add_reachable(const std::string& header, std::set<std::string>& reached) {
  if (!reached.insert(header).second) return;
  for (const Include& include : includes_of(lines_of(root / header)))
    if (const std::string path = reel_path(include, header); !path.empty())
      add_reachable(path, reached);
}

}  // namespace

TEST_CASE("layering: the sources were found") {
  std::map<std::string, int> found;
  for (const Source& source : all_sources()) ++found[source.folder];
  for (const std::string& folder : folders) {
    CAPTURE(folder);
    CHECK(found[folder] >= 4);
  }
}

TEST_CASE("layering: what is told from these lines") {
  CHECK(
      includes_of({"  # include \"a.h\"  // b", "//#include <c>", "#include <reel/x.h>"}).size() ==
      2);
  CHECK(reel_path({true, "../core/error.h"}, "autodiff/ops/loss.cpp") == "autodiff/core/error.h");
  CHECK(reel_path({false, "reel/nn/linear.h"}, "train/fit.h") == "nn/linear.h");
  CHECK(reel_path({false, "vector"}, "train/fit.h").empty());
  CHECK(may_include("nn", "autodiff/engine/tape.h"));
  CHECK_FALSE(may_include("optim", "nn/module.h"));
  CHECK_FALSE(may_include("data", "autodiff/engine/tape.h"));
  CHECK_FALSE(may_include("autodiff/tensor", "autodiff/engine/var.h"));
  CHECK_FALSE(may_include("train", "reel.h"));
  CHECK_FALSE(may_include("plot", "autodiff/tensor/tensor.h"));
  CHECK(code_of("f(\"record(\\\"\", x);  // record(y)") == "f(\"\", x);  ");
}

TEST_CASE("layering: each folder includes what the design lets it") {
  for (const Source& source : all_sources())
    for (const Include& include : includes_of(source.lines)) {
      const std::string path = reel_path(include, source.path);
      if (path.empty()) continue;
      INFO(source.path << " includes " << path);
      CHECK((may_include(source.folder, path) || computes_with_operations(source, path)));
      CHECK(fs::exists(root / path));
    }
}

TEST_CASE("layering: public headers include of xtensor no more than xarray") {
  for (const Source& source : all_sources()) {
    if (!source.is_header() || source.folder == "apps") continue;
    for (const Include& include : includes_of(source.lines)) {
      INFO(source.path << " includes " << include.path);
      CHECK_FALSE(include.path.starts_with("xtensor-blas/"));
      if (include.path.starts_with("xtensor/")) CHECK(include.path == "xtensor/xarray.hpp");
    }
  }
}

TEST_CASE("layering: only autodiff and users record operations") {
  const std::regex call(R"(\brecord\s*\()");
  std::size_t calls = 0;
  for (const Source& source : all_sources())
    for (const std::string& line : source.lines) {
      if (!std::regex_search(code_of(line), call)) continue;
      ++calls;
      INFO(source.path << ": " << line);
      CHECK(source.folder.starts_with("autodiff/"));
    }
  CHECK(calls > 20);  // so the pattern still matches
}

TEST_CASE("layering: the umbrella header includes every public header") {
  std::set<std::string> reached;
  add_reachable("reel.h", reached);
  for (const Source& source : all_sources()) {
    if (!source.is_header() || source.folder == "apps") continue;
    INFO(source.path << ": include it in reel.h, or list it as internal here");
    CHECK(reached.count(source.path) + internal.count(source.path) == 1);
  }
  for (const std::string& header : internal) {
    CAPTURE(header);
    CHECK(fs::exists(root / header));
  }
}

TEST_CASE("layering: each file says in its first line what it does, and is short") {
  for (const Source& source : all_sources()) {
    CAPTURE(source.path);
    REQUIRE_FALSE(source.lines.empty());
    CHECK(source.lines[0].starts_with("// "));
    CHECK(source.lines.size() <= 400);
    if (source.is_header())
      CHECK(std::count(source.lines.begin(), source.lines.end(), "#pragma once") == 1);
  }
}
