// The page that shows all lectures with their pictures.
#pragma once

#include <string>
#include <vector>

#include "lecture.h"

namespace reel::descent {

struct Shown {
  const Lecture* lecture;
  Report report = {};
  std::string failure = {};  ///< why there is no report
};

/// A whole HTML file; the pictures are the SVG files beside it, nothing else is loaded. Two
/// runs write the same page, except for times that a picture says were measured.
std::string page(const std::vector<Shown>& shown);

}  // namespace reel::descent
