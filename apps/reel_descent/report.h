// Writes the findings of a lecture as text, as JSON and as files.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lecture.h"

namespace reel::descent {

std::size_t holding(const std::vector<Finding>& findings);
/// The columns: what, the number from the notes, the computed number, and whether they agree.
std::string findings_table(const std::vector<Finding>& findings);

/// The trace of a search: θ, the value and the counts at each point.
nlohmann::ordered_json to_json(const optim::History& history);
nlohmann::ordered_json to_json(const optim::Evaluations& evaluations);
nlohmann::ordered_json to_json(const Lecture& lecture, const Report& report, double seconds);

/// Makes the folder if it does not exist. Throws Error (system) if that fails.
void make_folder(const std::filesystem::path& folder);
/// Writes each figure as NAME.svg.
void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

}  // namespace reel::descent
