// Labels: text beside points, placed where it hides as little as possible.
#pragma once

#include <string>
#include <vector>

#include "lines.h"

namespace reel::plot {

struct Label {
  Point at;
  std::string text;
  std::string anchor;  ///< "start", "middle" or "end": the CSS class
};

class Labels {
 public:
  /// Labels should not cover this line.
  void avoid(const Line& line);
  void avoid_points(const Line& points);
  void add(Point at, const std::string& text);

  /// All labels, each on the side of its point with the most space: inside the box if possible, and
  /// at least inside the page.
  std::vector<Label> placed(const Box& box, const Box& page) const;

 private:
  Line avoided_;
  std::vector<Label> labels_;
};

}  // namespace reel::plot
