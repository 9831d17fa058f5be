// curl, md5sum and unzip.
#include "download.h"

#include <optional>
#include <sstream>
#include <system_error>

#include <reel/autodiff/core/file.h>

#include "../common/process.h"

namespace reel::mnist {
namespace {

namespace fs = std::filesystem;
using enum Error::Kind;

// Some exit codes of curl and unzip, from their manuals.
constexpr int curl_http_error = 22, curl_write_error = 23, curl_no_range = 33;
constexpr int unzip_warning = 1, unzip_disk_full = 50;

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    fail(system, "fetch", absolute_name(to), ": cannot be written: ", error.message(), '.');
}

void delete_file(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// The program's message, on one line, without a full stop.
std::string reason(const apps::Finished& finished) {
  constexpr std::size_t longest = 200;
  std::istringstream words(finished.errors);
  std::string text;
  for (std::string word; words >> word && text.size() + word.size() < longest;)
    text += (text.empty() ? "" : " ") + word;
  while (text.ends_with('.')) text.pop_back();
  return text.empty() ? concat("exit code ", finished.exit_code) : text;
}

std::string md5_of(const fs::path& path) {
  constexpr std::size_t digits = 32;
  const apps::Finished md5sum =
      apps::run_process({"md5sum", "--zero", "--", path.string()}, "apt install coreutils");
  if (md5sum.exit_code != 0 || md5sum.output.size() < digits)
    fail(system, "fetch", absolute_name(path), ": md5sum failed: ", reason(md5sum), '.');
  return md5sum.output.substr(0, digits);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// Lets curl add to `part` the bytes that it lacks. Returns the error if it is not the entire file
// then.
std::optional<Error> receive(const Download& file, const std::string& url, const fs::path& part,
                             const std::function<void(std::uintmax_t)>& progress) {
  const bool resumed = is_file(part);
  const auto waiting = [&] {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(part, error);
    if (progress && !error) progress(bytes);
  };
  const apps::Finished curl = apps::run_process({"curl",
                                                 "--fail",
                                                 "--location",
                                                 "--silent",
                                                 "--show-error",
                                                 "--globoff",
                                                 "--continue-at",
                                                 "-",
                                                 "--connect-timeout",
                                                 "20",
                                                 "--speed-limit",
                                                 "1",
                                                 "--speed-time",
                                                 "60",
                                                 "--write-out",
                                                 "%{http_code}",
                                                 "--output",
                                                 part.string(),
                                                 "--url",
                                                 url},
                                                "apt install curl", waiting);
  if (curl.exit_code == curl_write_error)
    fail(system, "fetch", absolute_name(part), ": cannot be written: ", reason(curl),
         ". Hint: is the disk full?");
  const std::string md5 = curl.exit_code == 0 ? md5_of(part) : "";
  if (md5 == file.md5) return std::nullopt;
  // The server cannot go on, or has nothing after the part: then begin anew.
  const bool beyond = curl.exit_code == curl_http_error && curl.output == "416";
  const bool useless = curl.exit_code == 0 || curl.exit_code == curl_no_range || beyond;
  if (useless) delete_file(part);
  if (useless && resumed) return receive(file, url, part, progress);
  if (curl.exit_code == 0)
    return Error(input, concat("[fetch] ", url, ": has MD5 ", md5, ", expected ", file.md5,
                               "; deleted. Hint: name another --mirror."));
  return Error(system, concat("[fetch] ", url, ": ", reason(curl), ". Hint: try again later",
                              is_file(part) ? concat("; ", absolute_name(part),
                                                     " keeps the part that has arrived.")
                                            : ", or name another --mirror."));
}

}  // namespace

bool download(const Download& file, const fs::path& folder,
              const std::function<void(std::uintmax_t)>& progress) {
  const fs::path path = folder / file.name, part = folder / (file.name + ".part");
  if (is_file(path) && md5_of(path) == file.md5) return false;
  std::optional<Error> failure;
  for (const std::string& url : file.urls) {
    failure = receive(file, url, part, progress);
    if (!failure) break;
  }
  if (failure) throw Error(*failure);
  move_file(part, path);
  return true;
}

void extract(const fs::path& archive, const std::string& member, const fs::path& to) {
  fs::path folder = to;  // `unzip -p` would not notice that the disk is full
  folder += ".part";
  const apps::Finished unzip = apps::run_process(
      {"unzip", "-o", "-j", "-qq", archive.string(), member, "-d", folder.string()},
      "apt install unzip");
  std::error_code ignored;
  if (unzip.exit_code > unzip_warning) {
    fs::remove_all(folder, ignored);
    const bool full = unzip.exit_code == unzip_disk_full;
    fail(full ? system : input, "fetch", absolute_name(full ? to : archive), ": ",
         full ? "cannot be written: " : concat(member, " cannot be extracted: "), reason(unzip),
         '.', full ? " Hint: is the disk full?" : "");
  }
  move_file(folder / fs::path(member).filename(), to);
  fs::remove_all(folder, ignored);
}

}  // namespace reel::mnist
