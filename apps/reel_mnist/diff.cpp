// `reel-mnist diff`: where two runs, or two files of weights, begin to differ.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>

#include "../common/help.h"
#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "run_folder.h"

namespace reel::mnist {

using namespace apps;

namespace {

using Json = nlohmann::ordered_json;

// A run as its folder has it.
struct Run {
  std::string folder;
  std::vector<Json> epochs;  // the lines of its log
};

// Whether a line of a log is an object with a list of pairs (name, fingerprint).
bool is_epoch(const Json& line) {
  if (!line.is_object() || !line.contains("tensors") || !line["tensors"].is_array()) return false;
  return std::all_of(line["tensors"].begin(), line["tensors"].end(), [](const Json& pair) {
    return pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string();
  });
}

Run read_run(const std::string& folder) {
  Run run{folder, {}};
  const std::string path = log_path(folder);
  constexpr std::size_t longest = std::size_t{1} << 30;
  std::istringstream lines(read_file(path, "diff", longest));
  for (std::string line; std::getline(lines, line);) {
    run.epochs.push_back(Json::parse(line, nullptr, false));
    if (!is_epoch(run.epochs.back()))
      fail(Error::Kind::input, "diff", absolute_name(path), ": line ", run.epochs.size(),
           " is not what `reel-mnist train --checkpoint` writes.");
  }
  if (run.epochs.empty())
    fail(Error::Kind::input, "diff", absolute_name(path),
         ": the run has not finished an epoch, so there is nothing to compare.");
  return run;
}

// A number, a text, or nothing, as a person reads it.
std::string shown(const Json& json, const std::string& key) {
  return json.contains(key) ? json[key].dump() : "none";
}

// The keys of both, in the order of the first.
std::vector<std::string> keys_of(const Json& a, const Json& b) {
  std::vector<std::string> keys;
  for (const Json* json : {&a, &b})
    for (const auto& [key, value] : json->items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  return keys;
}

// The keys whose values differ.
std::vector<std::string> differing(const Json& a, const Json& b) {
  std::vector<std::string> keys = keys_of(a, b);
  std::erase_if(keys, [&](const std::string& key) {
    return a.contains(key) && b.contains(key) && a[key] == b[key];
  });
  return keys;
}

// The names of the pairs (name, fingerprint) that are not in both.
std::vector<std::string> differing_tensors(const Json& a, const Json& b) {
  std::vector<std::string> names;
  const auto add_missing = [&](const Json& from, const Json& in) {
    for (const Json& pair : from)
      if (std::find(in.begin(), in.end(), pair) == in.end() &&
          std::find(names.begin(), names.end(), pair.at(0)) == names.end())
        names.push_back(pair.at(0));
  };
  add_missing(a, b);
  add_missing(b, a);
  return names;
}

// The first difference; `epoch` 0: in no epoch that both have.
struct Difference {
  std::size_t epoch = 0;
  std::vector<std::string> tensors = {};
  std::vector<std::string> metadata = {};  // of files
  std::vector<std::string> numbers = {};   // "train_loss: 0.41 and 0.42"
};

Difference first_difference(const Run& a, const Run& b) {
  for (std::size_t i = 0; i < std::min(a.epochs.size(), b.epochs.size()); ++i) {
    Json x = a.epochs[i], y = b.epochs[i];
    if (x == y) continue;
    Difference found{i + 1, differing_tensors(x["tensors"], y["tensors"])};
    x.erase("tensors"), y.erase("tensors");
    for (const std::string& key : differing(x, y))
      found.numbers.push_back(concat(key, ": ", shown(x, key), " and ", shown(y, key)));
    return found;
  }
  return {};
}

int report(const Difference& found, const std::string& text, bool equal, bool json) {
  if (json)
    std::cout << json_line({{"equal", equal},
                            {"epoch", found.epoch == 0 ? Json() : Json(found.epoch)},
                            {"tensors", found.tensors},
                            {"metadata", found.metadata},
                            {"text", text}});
  else
    std::cout << fitted(text + '\n', output_width());
  return equal ? 0 : 1;
}

int diff_runs(const DiffOptions& options) {
  const Run a = read_run(options.first), b = read_run(options.second);
  const Difference found = first_difference(a, b);
  if (found.epoch > 0) {
    std::string text = concat("The runs differ first in epoch ", found.epoch, '.');
    text += found.tensors.empty() ? "\nAll tensors are equal."
                                  : "\nTensors that differ: " + listed(found.tensors) + '.';
    for (const std::string& number : found.numbers) text += '\n' + number;
    return report(found, text, false, options.json);
  }
  const std::size_t common = std::min(a.epochs.size(), b.epochs.size());
  const bool equal = a.epochs.size() == b.epochs.size();
  return report(found,
                equal
                    ? concat("The runs are equal in ", common > 1 ? "all " : "",
                             counted(common, "epoch"), '.')
                    : concat("The runs are equal in ", counted(common, "epoch"), "; then one has ",
                             std::max(a.epochs.size(), b.epochs.size()) - common, " more, in ",
                             printable(a.epochs.size() > common ? a.folder : b.folder), '.'),
                equal, options.json);
}

std::uint64_t bits(Real x) {
  return std::bit_cast<std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>>(x);
}

// How two tensors of one name differ; empty if all is equal.
std::string difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape())
    return concat("has the shapes ", to_string(a.shape()), " and ", to_string(b.shape()));
  std::size_t count = 0;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Real x = a.data()[i], y = b.data()[i];
    if (bits(x) == bits(y)) continue;
    ++count;
    const double distance = std::abs(static_cast<double>(x) - static_cast<double>(y));
    if (!std::isnan(largest) && !(distance <= largest)) largest = distance;  // NaN is the largest
  }
  if (count == 0) return {};
  return concat("differs in ", grouped(count), " of ", counted(a.size(), "number"),
                std::isnan(largest) ? ", and one of the two is NaN"
                                    : ", by at most " + significant(largest, 3));
}

std::string difference(const nn::RawTensor& a, const nn::RawTensor& b) {
  if (a == b) return {};
  if (a.dtype == b.dtype && a.shape == b.shape) return "has other numbers";
  return concat("has the types ", a.dtype, ' ', to_string(a.shape), " and ", b.dtype, ' ',
                to_string(b.shape));
}

std::string difference(const std::string& a, const std::string& b) {
  return a == b ? "" : concat("is ", in_quotes(a), " and ", in_quotes(b));
}

// What a file has under one name.
template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;

// Adds to `names` the names whose values differ, and to `text` a line on each.
template <class Value>
void compare(const Named<Value>& a, const Named<Value>& b, const std::string& kind,
             std::vector<std::string>& names, std::string& text) {
  const auto find = [](const Named<Value>& all, const std::string& name) {
    return std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == name; });
  };
  const auto add = [&](const std::string& name, const std::string& how) {
    if (how.empty()) return;
    names.push_back(name);
    text += concat(kind, printable(name), ' ', how, ".\n");
  };
  for (const auto& [name, value] : a) {
    const auto other = find(b, name);
    add(name, other == b.end() ? "is in the first file alone" : difference(value, other->second));
  }
  for (const auto& [name, value] : b)
    if (find(a, name) == a.end()) add(name, "is in the second file alone");
}

// The parts of a file by name.
struct Contents {
  Named<Tensor> tensors;
  Named<nn::RawTensor> others;
  Named<std::string> metadata;
};

Contents read_contents(const std::string& path) {
  nn::SafeTensors file = nn::load_safetensors(path);
  Contents contents{{}, {}, {file.metadata.begin(), file.metadata.end()}};
  for (nn::NamedTensor& tensor : file.tensors)
    contents.tensors.emplace_back(tensor.name, std::move(tensor.value));
  for (nn::RawTensor& tensor : file.others) contents.others.emplace_back(tensor.name, tensor);
  return contents;
}

int diff_files(const DiffOptions& options) {
  const Contents a = read_contents(options.first), b = read_contents(options.second);
  Difference found;
  std::string text;
  compare(a.tensors, b.tensors, "", found.tensors, text);
  compare(a.others, b.others, "", found.tensors, text);
  compare(a.metadata, b.metadata, "The metadata ", found.metadata, text);
  const bool equal = text.empty();
  if (equal)
    text = concat("The files have the same ", counted(a.tensors.size() + a.others.size(), "tensor"),
                  " and the same metadata.\n");
  text.pop_back();
  return report(found, text, equal, options.json);
}

// Throws unless something is at this path.
void check_exists(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::exists(path, none))
    fail(Error::Kind::input, "diff", absolute_name(path), ": no such file or folder.");
}

}  // namespace

int diff(const DiffOptions& options) {
  check_exists(options.first);
  check_exists(options.second);
  std::error_code none;
  const bool folders = std::filesystem::is_directory(options.first, none),
             other = std::filesystem::is_directory(options.second, none);
  if (folders != other)
    fail_usage("diff", "one of ", in_quotes(options.first), " and ", in_quotes(options.second),
               " is a folder, and the other is not. Hint: two folders of --checkpoint, or two "
               "files.");
  return folders ? diff_runs(options) : diff_files(options);
}

}  // namespace reel::mnist
