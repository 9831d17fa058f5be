// What a lecture found, as text, as JSON and as files.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lecture.h"

namespace reel::descent {

std::size_t holding(const std::vector<Finding>& findings);
/// What, the notes' number, the one found here, and whether they agree.
std::string findings_table(const std::vector<Finding>& findings);

/// The trace of a search: θ, value and counts of each point.
nlohmann::ordered_json to_json(const optim::History& history);
nlohmann::ordered_json to_json(const optim::Evaluations& evaluations);
nlohmann::ordered_json to_json(const Lecture& lecture, const Report& report, double seconds);

/// Throws Error (system) if there is no such folder and it can't be made.
void make_folder(const std::filesystem::path& folder);
/// Each figure as NAME.svg.
void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

}  // namespace reel::descent
