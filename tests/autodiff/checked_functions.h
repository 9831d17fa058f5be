// What the tests of the gradient checker share.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

using Vars = std::span<const Var>;

constexpr Real right = 1, slightly_wrong = Real(1.0005);  // factors of a derivative

/// An operation with this value and, as its rule, this derivative, at each element.
template <class Value, class Derivative>
Var elementwise(const Var& x, Value&& value, Derivative derivative) {
  return record(
      "planted", {x}, std::forward<Value>(value),
      [derivative](auto& d, auto& g, auto in, auto&) { d.add(0, g * derivative(in[0])); });
}

/// first, first + step, first + 2·step, …
inline Tensor ramp(const Shape& shape, double first, double step) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i)
    t.data()[i] = static_cast<Real>(first + step * static_cast<double>(i));
  return t;
}

/// The lines `| kind | number | … |` of a table in a document: one for each kind of row, in the
/// order of the rows.
class KindTable {
 public:
  /// Counts a row of this kind, and adds these numbers to its other columns.
  void add(const std::string& kind, const std::vector<int>& columns) {
    auto line = std::find_if(lines_.begin(), lines_.end(),
                             [&](const Line& known) { return known.kind == kind; });
    if (line == lines_.end())
      line = lines_.insert(line, {kind, 0, std::vector<int>(columns.size())});
    ++line->rows;
    for (std::size_t i = 0; i < columns.size(); ++i) line->columns[i] += columns[i];
  }

  std::string markdown() const {
    std::string text;
    for (const Line& line : lines_) {
      text += concat("| ", line.kind, " | ", line.rows, " |");
      for (const int number : line.columns) text += concat(' ', number, " |");
      text += '\n';
    }
    return text;
  }

 private:
  struct Line {
    std::string kind;
    int rows;
    std::vector<int> columns;
  };
  std::vector<Line> lines_;
};

inline std::string text_of_document(const std::string& path) {
  std::ifstream file(std::string(REEL_SOURCE_DIR "/") += path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace reel::inline REEL_PRECISION
