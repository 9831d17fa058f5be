// A table of text.
#include "table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "text.h"

namespace reel::apps {
namespace {

constexpr std::size_t narrowest = 8;  // of a column that wraps

}  // namespace

Table::Table(std::vector<Column> columns, std::size_t gap)
    : columns_(std::move(columns)), gap_(gap), rows_(1) {
  for (const Column& column : columns_) rows_.front().push_back(column.title);
}

void Table::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(columns_.size());
  for (const auto& cells : rows_)
    for (std::size_t c = 0; c < widths.size(); ++c)
      widths[c] = std::max(widths[c], width_of(cells[c]));
  return widths;
}

std::size_t Table::width() const {
  const auto all = widths();
  return std::accumulate(all.begin(), all.end(), gap_ * (columns_.size() - 1));
}

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> all = widths();
  for (std::size_t total = this->width(); total > width; --total) {  // from the widest column
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < all.size(); ++c)
      if (columns_[c].wraps && all[c] > (widest ? *widest : narrowest)) widest = &all[c];
    if (!widest) break;
    --*widest;
  }
  std::string text;
  for (const auto& cells : rows_) {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      lines.push_back(columns_[c].wraps ? wrapped(cells[c], all[c]) : std::vector{cells[c]});
      height = std::max(height, lines.back().size());
    }
    for (std::size_t i = 0; i < height; ++i) {
      std::string line;
      for (std::size_t c = 0; c < cells.size(); ++c)
        line += std::string(c > 0 ? gap_ : 0, ' ') +
                padded(i < lines[c].size() ? cut(lines[c][i], all[c]) : "", all[c],
                       columns_[c].right_aligned);
      text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
  }
  return text;
}

}  // namespace reel::apps
