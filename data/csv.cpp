// Sorts the columns of a table into inputs, targets and weights.
#include <reel/data/csv.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include <reel/data/fields.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

// Whether a field is a number; `value` is infinite if it is out of range for Real.
bool is_number(std::string_view text, Real& value) {
  double wide = 0;
  const bool good = csv::is_number(text, wide);
  if (std::abs(wide) > std::numeric_limits<Real>::max())
    wide = std::numeric_limits<double>::infinity();
  value = static_cast<Real>(wide);
  return good;
}

class Table {
 public:
  Table(const std::filesystem::path& path, const CsvOptions& options)
      : options_(options), file_(path, options.separator) {
    if (options_.header) {
      check_header();
      names_.assign(fields().begin(), fields().end());
      more_ = file_.next();
      if (!more_) file_.reject("has only a header, expected at least one line after it.");
    } else {
      for (std::size_t i = 0; i < fields().size(); ++i) names_.push_back(std::to_string(i));
    }
    choose_columns();
  }

  Dataset read(const std::filesystem::path& path) {
    std::vector<Real> inputs, targets, weights;
    std::vector<std::string> labels;
    std::size_t n = 0;
    for (; more_; more_ = file_.next(), ++n) {
      if (fields().size() != names_.size())
        file_.reject("line ", file_.line(), " has ", fields().size(), " fields, expected ",
                     names_.size(), '.', separator_hint());
      for (const std::size_t c : inputs_) inputs.push_back(number(c));
      for (const std::size_t c : targets_) targets.push_back(number(c));
      for (const std::size_t c : weights_) weights.push_back(number(c));
      for (const std::size_t c : labels_) {
        lines_.push_back(file_.line());
        labels.emplace_back(fields()[c]);
      }
    }
    const DatasetInfo info{.name = path.stem().string()};
    Tensor x = from_values({n, inputs_.size()}, inputs);
    const Dataset made =
        !labels_.empty() ? classified(std::move(x), labels, info)
        : targets_.empty()
            ? Dataset(std::move(x), info)
            : Dataset(std::move(x), from_values({n, targets_.size()}, targets), info);
    return weights_.empty() ? made : made.weighted(from_values({n}, weights));
  }

 private:
  const std::vector<std::string_view>& fields() const { return file_.fields(); }

  void check_header() const {
    Real ignored = 0;
    if (std::all_of(fields().begin(), fields().end(),
                    [&](std::string_view field) { return is_number(field, ignored); }))
      file_.reject("line ", file_.line(),
                   " has only numbers, expected the names of the columns. "
                   "Hint: .header = false.");
  }

  void choose_columns() {
    if (!options_.label.empty() && !options_.targets.empty())
      fail_usage("csv", "both a label and targets are named, expected one of them.");
    if (options_.label.empty() && !options_.class_names.empty())
      fail_usage("csv", "there are class names, and no label column is named.");
    std::vector<bool> taken(names_.size());
    const auto take = [&](const std::string& name, std::vector<std::size_t>* to) {
      const std::size_t c = column(name);
      if (taken[c]) fail_usage("csv", "column ", in_quotes(name), " is named twice.");
      taken[c] = true;
      if (to) to->push_back(c);
    };
    if (!options_.label.empty()) take(options_.label, &labels_);
    for (const std::string& name : options_.targets) take(name, &targets_);
    if (!options_.weight.empty()) take(options_.weight, &weights_);
    for (const std::string& name : options_.ignored) take(name, nullptr);
    for (std::size_t c = 0; c < names_.size(); ++c)
      if (!taken[c]) inputs_.push_back(c);
    if (inputs_.empty()) file_.reject("no column is left as an input.");
  }

  std::size_t column(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      constexpr std::size_t most = 8;  // names in the message
      std::string all;
      for (std::size_t c = 0; c < std::min(names_.size(), most); ++c)
        all += concat(c == 0 ? "" : ", ", in_quotes(names_[c]));
      file_.reject("there is no column ", in_quotes(name), ", only ", all,
                   names_.size() > most ? ", …" : "", '.', separator_hint());
    }
    if (std::find(found + 1, names_.end(), name) != names_.end())
      file_.reject("several columns are called ", in_quotes(name), '.');
    return static_cast<std::size_t>(found - names_.begin());
  }

  std::string separator_hint() const {
    if (names_.size() == 1)
      for (const char other : {',', ';', '\t'})
        if (other != options_.separator && file_.text().find(other) != std::string_view::npos)
          return concat(" Hint: .separator = '", other == '\t' ? "\\t" : std::string(1, other),
                        "'.");
    return "";
  }

  // Where a field is, as messages say it.
  std::string place(std::size_t line, std::size_t c) const {
    return concat("line ", line, ", column ", in_quotes(names_[c]), ": ");
  }

  Real number(std::size_t c) const {
    const std::string_view field = fields()[c];
    Real value = 0;
    if (field.empty()) file_.reject(place(file_.line(), c), "is empty, expected a number.");
    if (!is_number(field, value))
      file_.reject(place(file_.line(), c), in_quotes(field), " is not a number.",
                   names_.size() == 1 ? separator_hint()
                   : options_.header || file_.line() > 1
                       ? ""
                       : " Hint: .header = true if this line has the names of the columns.");
    if (!std::isfinite(value))
      file_.reject(place(file_.line(), c), in_quotes(field), " is not finite",
                   std::isnan(value) ? "." : " or out of range.");
    return value;
  }

  Dataset classified(Tensor inputs, const std::vector<std::string>& texts, DatasetInfo info) const {
    constexpr std::size_t most = 65'536;
    const bool named = !options_.class_names.empty();
    const bool numbers = !named && std::all_of(texts.begin(), texts.end(), csv::is_label);
    std::map<std::string, Label> classes;
    for (const std::string& name : named ? options_.class_names : texts) classes[name] = 0;
    if (named && classes.size() < options_.class_names.size())
      fail_usage("csv", "two classes have the same name.");
    if (!numbers) {
      info.class_names = options_.class_names;
      if (!named)
        for (const auto& entry : classes) info.class_names.push_back(entry.first);
      for (std::size_t i = 0; i < info.class_names.size(); ++i)
        classes[info.class_names[i]] = static_cast<Label>(i);
    }
    Labels labels;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto found = classes.find(texts[i]);
      if (texts[i].empty() || found == classes.end())
        file_.reject(place(lines_[i], labels_[0]),
                     texts[i].empty() ? std::string("is empty, expected a class.")
                                      : concat(in_quotes(texts[i]), " is not one of the classes."));
      labels.push_back(numbers ? std::stoi(texts[i]) : found->second);
      if (numbers && static_cast<std::size_t>(labels.back()) >= most)
        file_.reject(place(lines_[i], labels_[0]), "label ", texts[i], ", expected less than ",
                     most, ". Hint: .class_names if the classes have names that are numbers.");
    }
    return Dataset(std::move(inputs), labels, std::move(info));
  }

  const CsvOptions& options_;
  csv::Fields file_;
  bool more_ = true;
  std::vector<std::string> names_;                                // of the columns
  std::vector<std::size_t> inputs_, targets_, weights_, labels_;  // columns
  std::vector<std::size_t> lines_;                                // of the labels
};

}  // namespace

Dataset load_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return Table(path, options).read(path);
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
