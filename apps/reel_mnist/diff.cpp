// `reel-mnist diff`: where two runs, or two files of weights, begin to differ.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>

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

Run read_run(const std::string& folder) {
  Run run{folder, {}};
  const std::string path = log_path(folder);
  constexpr std::size_t longest = std::size_t{1} << 30;
  std::istringstream lines(read_file(path, "diff", longest));
  for (std::string line; std::getline(lines, line);) {
    run.epochs.push_back(Json::parse(line, nullptr, false));
    if (!run.epochs.back().is_object())
      fail(Error::Kind::input, "diff", absolute_name(path), ": line ", run.epochs.size(),
           " is not a JSON object.");
  }
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
  std::vector<std::string> tensors;
  std::vector<std::string> numbers;  // "train_loss: 0.41 and 0.42"
};

Difference first_difference(const Run& a, const Run& b) {
  for (std::size_t i = 0; i < std::min(a.epochs.size(), b.epochs.size()); ++i) {
    Json x = a.epochs[i], y = b.epochs[i];
    if (x == y) continue;
    Difference found{i + 1, differing_tensors(x["tensors"], y["tensors"]), {}};
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
                            {"text", text}});
  else
    std::cout << text << '\n';
  return equal ? 0 : 1;
}

int diff_runs(const DiffOptions& options) {
  const Run a = read_run(options.first), b = read_run(options.second);
  const Difference found = first_difference(a, b);
  if (found.epoch > 0) {
    std::string text = concat("The runs differ first in epoch ", found.epoch, '.');
    text += found.tensors.empty() ? "\nAll tensors are equal."
                                  : "\nTensors that differ: " + listed(found.tensors) + '.';
    for (const std::string& number : found.numbers) text += "\n  " + number;
    return report(found, text, false, options.json);
  }
  const std::size_t common = std::min(a.epochs.size(), b.epochs.size());
  const bool equal = a.epochs.size() == b.epochs.size();
  return report(found,
                equal ? concat("The runs are equal in all ", common, " epochs.")
                      : concat("The runs are equal in ", common, " epochs; then one has ",
                               std::max(a.epochs.size(), b.epochs.size()) - common, " more, in ",
                               printable(a.epochs.size() > common ? a.folder : b.folder), '.'),
                equal, options.json);
}

int diff_files(const DiffOptions& options) {
  const nn::SafeTensors a = nn::load_safetensors(options.first),
                        b = nn::load_safetensors(options.second);
  const auto find = [](const nn::SafeTensors& file, const std::string& name) {
    return std::find_if(file.tensors.begin(), file.tensors.end(),
                        [&](const nn::NamedTensor& tensor) { return tensor.name == name; });
  };
  Difference found;
  std::string text;
  for (const nn::NamedTensor& tensor : a.tensors) {
    const auto other = find(b, tensor.name);
    if (other == b.tensors.end()) {
      text += concat(tensor.name, " is in the first file alone.\n");
    } else if (other->value.shape() != tensor.value.shape()) {
      text += concat(tensor.name, " has the shapes ", to_string(tensor.value.shape()), " and ",
                     to_string(other->value.shape()), ".\n");
    } else {
      std::size_t count = 0;
      double largest = 0;
      for (std::size_t i = 0; i < tensor.value.size(); ++i) {
        const double difference = std::abs(static_cast<double>(tensor.value.data()[i]) -
                                           static_cast<double>(other->value.data()[i]));
        count += difference != 0;
        largest = std::max(largest, difference);
      }
      if (count == 0) continue;
      text +=
          concat(tensor.name, " differs in ", grouped(count), " of ", grouped(tensor.value.size()),
                 " numbers, by at most ", significant(largest, 3), ".\n");
    }
    found.tensors.push_back(tensor.name);
  }
  for (const nn::NamedTensor& tensor : b.tensors)
    if (find(a, tensor.name) == a.tensors.end()) {
      text += concat(tensor.name, " is in the second file alone.\n");
      found.tensors.push_back(tensor.name);
    }
  const bool equal = found.tensors.empty();
  if (equal) text = concat("The files have the same ", a.tensors.size(), " tensors.\n");
  text.pop_back();
  return report(found, text, equal, options.json);
}

}  // namespace

int diff(const DiffOptions& options) {
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
