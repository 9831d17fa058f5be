// A table of text that fits the width of the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace reel::apps {

/// Rows of cells below the titles of the columns.
class Table {
 public:
  /// How a column looks.
  struct Column {
    std::string title;
    bool right_aligned = false;
    bool wraps = false;  ///< gets narrower, with several lines in a cell, if the table is too wide
  };

  /// `gap`: the number of spaces between two columns.
  explicit Table(std::vector<Column> columns, std::size_t gap = 2);

  /// Adds a row: a cell for each column.
  void add(std::vector<std::string> cells);
  /// The number of characters in a line, if no cell wraps.
  std::size_t width() const;
  /// The table in lines of at most `width` characters, if the columns that wrap allow it. A word
  /// that is wider than its column is cut.
  std::string text(std::size_t width) const;

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::size_t gap_;
  std::vector<std::vector<std::string>> rows_;  // the titles first
};

}  // namespace reel::apps
