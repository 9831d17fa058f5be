// Places labels one after the other; each gets the cheapest of eight sides of its point.
#include "labels.h"

#include <algorithm>
#include <limits>

#include "chart.h"

namespace reel::plot {
namespace {

double overlap(const Box& a, const Box& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.left, b.left);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

}  // namespace

void Labels::avoid(const Line& line) {
  const Line points = along({line}, 4, 0);
  avoided_.insert(avoided_.end(), points.begin(), points.end());
}

void Labels::avoid_points(const Line& points) {
  avoided_.insert(avoided_.end(), points.begin(), points.end());
}

void Labels::add(Point at, const std::string& text) { labels_.push_back({at, text, ""}); }

std::vector<Label> Labels::placed(const Box& box, const Box& page) const {
  std::vector<Label> result;
  std::vector<Box> taken;
  for (const Label& label : labels_) taken.push_back({label.at.x - 6, label.at.y - 6, 12, 12});
  for (const Label& label : labels_) {
    if (label.text.empty()) continue;
    const double width = text_width(label.text, small_font), height = 1.2 * small_font;
    double cheapest = std::numeric_limits<double>::infinity();
    Box best{};
    Label chosen;
    const auto consider = [&](int side, int above) {  // −1, 0, 1: left to right, below to above
      const double left = label.at.x + side * (side && above ? 5 : 9) -
                          (side < 0    ? width
                           : side == 0 ? width / 2
                                       : 0);
      const double middle = label.at.y - above * (side ? 11 : 16);
      const Box place{left, middle - height / 2, width, height};
      const auto outside = [&](const Box& of) { return width * height - overlap(place, of); };
      double cost = 3 * outside(box) + 100 * outside(page);
      for (const Box& other : taken) cost += 3 * overlap(place, other);
      for (const Point p : avoided_) cost += place.contains(p) ? 30 : 0;
      if (cost >= cheapest) return;
      cheapest = cost;
      best = place;
      const double anchor = side < 0 ? place.right() : side == 0 ? left + width / 2 : left;
      chosen = {{anchor, middle + 0.35 * small_font},
                label.text,
                side < 0    ? "end"
                : side == 0 ? "middle"
                            : "start"};
    };
    for (const auto& [side, above] : std::initializer_list<std::pair<int, int>>{
             {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}})
      consider(side, above);
    taken.push_back(best);
    result.push_back(chosen);
  }
  return result;
}

}  // namespace reel::plot
