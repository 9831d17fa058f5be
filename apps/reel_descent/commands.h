// The commands of reel-descent and their options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reel::descent {

struct LectureOptions {
  std::string name;                    ///< or number, of the lecture to show
  std::vector<std::string> only = {};  ///< names or numbers of those that `all` shows; empty: all
  std::string out;                     ///< folder for pictures; empty: no pictures
  std::string data;                    ///< folder of the IDX files
  std::uint64_t seed = 1;              ///< decides all that is drawn at random
  bool json = false;
};

struct RaceOptions {
  std::string methods = "gradient_descent:step=0.001,momentum:step=0.0005,conjugate_gradient,bfgs";
  std::string on = "rosenbrock";
  std::string starts;             ///< "-1.2,1;2,2;random:3"; empty: the function's default
  std::size_t iterations = 1000;  ///< the most iterations in each run
  std::uint64_t seed = 1;
  std::string out;  ///< SVG file; empty: no file
  bool json = false;
};

/// Each function runs one command and returns its exit code; errors are thrown as Error.
int list(const LectureOptions& options);
int show(const LectureOptions& options);
int all(const LectureOptions& options);
int race(const RaceOptions& options);

/// The functions that a race can use.
std::vector<std::string> function_names();

}  // namespace reel::descent
