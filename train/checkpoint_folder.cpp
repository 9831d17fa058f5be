// The names of checkpoints in a folder, and which of them stay.
#include <reel/train/checkpoint_folder.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include <reel/autodiff/core/file.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

namespace fs = std::filesystem;

// Calls f(name) for the name of each file in a folder, which need not exist.
template <class F>
void for_each_name(const fs::path& folder, F f) {
  std::error_code error;
  fs::directory_iterator at;
  do at = fs::directory_iterator(folder, error);
  while (error == std::errc::interrupted);
  for (; !error && at != fs::directory_iterator(); at.increment(error))
    f(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    fail(Error::Kind::system, "checkpoint", absolute_name(folder),
         ": cannot be read: ", error.message(), '.');
}

// Removes `text` from the start of `name`, then a number; returns whether both were there.
bool read(std::string_view& name, std::string_view text, std::size_t& number) {
  if (!name.starts_with(text)) return false;
  name.remove_prefix(text.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  return error == std::errc();
}

}  // namespace

std::string CheckpointFolder::File::name() const {
  const std::string digits = std::to_string(number);
  return concat("checkpoint-", std::string(6 - std::min<std::size_t>(6, digits.size()), '0'),
                digits, "-epoch-", epoch, "-batch-", batch, best ? "-best" : "", ".safetensors");
}

CheckpointFolder::CheckpointFolder(fs::path folder, const CheckpointFolderOptions& options)
    : folder_(std::move(folder)), keep_(options.keep) {
  if (keep_ == 0) fail_usage("checkpoint", "keep = 0, expected at least 1.");
}

std::vector<CheckpointFolder::File> CheckpointFolder::files() const {
  std::vector<File> files;
  for_each_name(folder_, [&](const std::string& name) {
    File file{};
    std::string_view rest = name;
    if (!read(rest, "checkpoint-", file.number) || !read(rest, "-epoch-", file.epoch) ||
        !read(rest, "-batch-", file.batch))
      return;
    file.best = rest.starts_with("-best");
    if (file.name() == name) files.push_back(file);
  });
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return std::pair(a.number, a.name()) < std::pair(b.number, b.name());
  });
  return files;
}

std::optional<fs::path> CheckpointFolder::newest() const {
  const auto all = files();
  if (all.empty()) return std::nullopt;
  return path_of(all.back());
}

std::optional<fs::path> CheckpointFolder::best() const {
  const auto all = files();
  const auto found = std::find_if(all.rbegin(), all.rend(), [](const File& f) { return f.best; });
  if (found == all.rend()) return std::nullopt;
  return path_of(*found);
}

fs::path CheckpointFolder::next(const Position& position, bool best) const {
  make_folder(folder_, "checkpoint");
  std::error_code ignored;  // a file that cannot be removed now is found again
  for_each_name(folder_, [&](const std::string& name) {
    if (is_temporary(name)) fs::remove(folder_ / name, ignored);
  });
  const auto all = files();
  return path_of({all.empty() ? 1 : all.back().number + 1, position.epoch, position.batch, best});
}

void CheckpointFolder::delete_old() const {
  auto all = files();
  const std::optional<fs::path> best = this->best();
  all.resize(all.size() - std::min(all.size(), keep_));
  std::error_code ignored;  // a file that cannot be removed now is found again
  for (const File& file : all)
    if (path_of(file) != best) fs::remove(path_of(file), ignored);
}

bool CheckpointFolder::load_newest(const std::vector<detail::Part>& parts, bool first_only) const {
  const auto all = files();
  if (all.empty()) return false;
  try {
    detail::load_states(path_of(all.back()), parts, first_only);
  } catch (const Error& error) {
    if (all.size() < 2) throw;
    throw Error(
        error.kind(),
        concat(error.what(), " Hint: if it is damaged, delete it; the checkpoint before it is ",
               absolute_name(path_of(all[all.size() - 2])), '.'));
  }
  return true;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
