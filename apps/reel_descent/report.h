// Writes the findings of a lecture as text, as JSON and as files.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lecture.h"

namespace reel::descent {

/// How many findings hold, of how many.
struct Tally {
  std::size_t hold = 0, total = 0;
  bool all() const { return hold == total; }
};
/// The tallies of the numbers that the notes print, and of our claims.
struct Tallies {
  Tally notes = {}, ours = {};
  Tally both() const { return {notes.hold + ours.hold, notes.total + ours.total}; }
  Tallies& operator+=(const Tallies& other);
};
Tallies tallies(const std::vector<Finding>& findings);
/// "6 of 6 numbers of the notes, 11 of 12 claims of ours".
std::string to_string(const Tallies& tallies);

/// "notes", "ours".
const char* to_string(Source source);
/// The columns: whether the finding holds, its source, what it is about, what is expected, and what
/// was computed.
std::string findings_table(const std::vector<Finding>& findings, std::size_t width);

/// The trace of a search: θ, the value and the counts at each point.
nlohmann::ordered_json to_json(const optim::History& history);
nlohmann::ordered_json to_json(const optim::Evaluations& evaluations);
nlohmann::ordered_json to_json(const Tally& tally);
nlohmann::ordered_json to_json(const Lecture& lecture, const Report& report, double seconds);

/// Makes the folder if it does not exist. Throws Error (system) if that fails.
void make_folder(const std::filesystem::path& folder);
/// Writes each figure as NAME.svg.
void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

}  // namespace reel::descent
