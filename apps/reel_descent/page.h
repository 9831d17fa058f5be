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

/// A complete HTML file. It loads nothing but the pictures, which are SVG files in the same folder.
/// Two runs write the same page, except for times that a picture labels as measured.
std::string page(const std::vector<Shown>& shown);

}  // namespace reel::descent
