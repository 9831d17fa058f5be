// Marching squares: each cell of four heights has up to two pieces of line; pieces are joined at
// the edges that they share. Lorensen and Cline 1987, in two dimensions.
#include "level_lines.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reel::plot {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

class Pieces {
 public:
  Pieces(const Grid& grid, double level)
      : grid_(grid), level_(level), columns_(grid.x.size()), links_(2 * grid.z.size()) {
    for (std::size_t j = 0; j + 1 < grid.y.size(); ++j)
      for (std::size_t i = 0; i + 1 < columns_; ++i) add_cell(i, j);
  }

  // Open lines start at edges with one link; all remaining lines are closed.
  std::vector<Line> joined() {
    std::vector<Line> lines;
    for (std::size_t edge = 0; edge < links_.size(); ++edge)
      if (links_[edge][0] != none && links_[edge][1] == none) lines.push_back(walk(edge));
    for (std::size_t edge = 0; edge < links_.size(); ++edge)
      if (links_[edge][0] != none) lines.push_back(walk(edge));
    return lines;
  }

 private:
  struct Links : std::array<std::size_t, 2> {
    Links() : array{none, none} {}
  };

  double z(std::size_t i, std::size_t j) const {
    return std::clamp(grid_.z[j * columns_ + i], -1e300, 1e300);
  }
  // The numbers of the edges that go from (i, j) to the right and upwards.
  std::size_t across(std::size_t i, std::size_t j) const { return 2 * (j * columns_ + i); }
  std::size_t upwards(std::size_t i, std::size_t j) const { return across(i, j) + 1; }

  void add_cell(std::size_t i, std::size_t j) {
    const double a = z(i, j), b = z(i + 1, j), c = z(i + 1, j + 1), d = z(i, j + 1);
    if (std::isnan(a) || std::isnan(b) || std::isnan(c) || std::isnan(d)) return;
    const std::size_t bottom = across(i, j), right = upwards(i + 1, j), top = across(i, j + 1),
                      left = upwards(i, j);
    const auto above = [&](double height) { return height >= level_; };
    const bool in_a = above(a), in_b = above(b), in_c = above(c), in_d = above(d);
    if (in_a == in_c && in_b == in_d && in_a != in_b) {  // a saddle: the middle's height decides
      const bool middle = above(a / 4 + b / 4 + c / 4 + d / 4);
      link(left, middle == in_a ? top : bottom);
      link(right, middle == in_a ? bottom : top);
      return;
    }
    std::array<std::size_t, 4> crossed;
    std::size_t n = 0;
    if (in_a != in_b) crossed[n++] = bottom;
    if (in_b != in_c) crossed[n++] = right;
    if (in_c != in_d) crossed[n++] = top;
    if (in_d != in_a) crossed[n++] = left;
    if (n == 2) link(crossed[0], crossed[1]);
  }

  void link(std::size_t a, std::size_t b) {
    links_[a][links_[a][0] != none] = b;
    links_[b][links_[b][0] != none] = a;
  }

  void unlink(std::size_t a, std::size_t b) {
    if (links_[a][0] == b) links_[a][0] = links_[a][1];
    links_[a][1] = none;
  }

  Line walk(std::size_t edge) {
    Line line{place(edge)};
    while (links_[edge][0] != none) {
      const std::size_t next = links_[edge][0];
      unlink(edge, next);
      unlink(next, edge);
      line.push_back(place(next));
      edge = next;
    }
    return line;
  }

  Point place(std::size_t edge) const {
    const std::size_t i = edge / 2 % columns_, j = edge / 2 / columns_;
    const bool is_across = edge % 2 == 0;
    const double low = z(i, j), high = is_across ? z(i + 1, j) : z(i, j + 1);
    const double t = (level_ - low) / (high - low);
    if (is_across) return {grid_.x[i] + t * (grid_.x[i + 1] - grid_.x[i]), grid_.y[j]};
    return {grid_.x[i], grid_.y[j] + t * (grid_.y[j + 1] - grid_.y[j])};
  }

  const Grid& grid_;
  double level_;
  std::size_t columns_;
  std::vector<Links> links_;
};

}  // namespace

std::vector<Line> level_lines(const Grid& grid, double level) {
  return Pieces(grid, level).joined();
}

std::vector<Line> regions_above(const Grid& grid, double level) {
  // A frame of zero width, below the level, closes lines that reach the border.
  const std::size_t columns = grid.x.size() + 2, rows = grid.y.size() + 2;
  const double below = level - std::max(1.0, std::abs(level));
  Grid framed{{grid.x.front()}, {grid.y.front()}, std::vector<double>(columns * rows, below)};
  framed.x.insert(framed.x.end(), grid.x.begin(), grid.x.end());
  framed.x.push_back(grid.x.back());
  framed.y.insert(framed.y.end(), grid.y.begin(), grid.y.end());
  framed.y.push_back(grid.y.back());
  for (std::size_t j = 0; j < grid.y.size(); ++j)
    for (std::size_t i = 0; i < grid.x.size(); ++i)
      if (const double z = grid.z[j * grid.x.size() + i]; !std::isnan(z))
        framed.z[(j + 1) * columns + i + 1] = z;
  return level_lines(framed, level);
}

}  // namespace reel::plot
