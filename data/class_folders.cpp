// A folder of pictures for each class.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <string_view>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/text.h>
#include <reel/data/fields.h>
#include <reel/data/picture.h>
#include <reel/data/pixels.h>

namespace reel::pixels {
namespace {

namespace fs = std::filesystem;
using enum Error::Kind;

// Calls f for each entry of a folder whose name does not begin with a dot, in any order.
template <class F>
void for_each_entry(const fs::path& folder, F&& f) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (!entry->path().filename().native().starts_with('.')) f(*entry);
  if (error)
    fail(is_missing(error.value()) ? input : system, "images", absolute_name(folder),
         ": cannot be read: ", error.message(), '.');
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return ending == ".png" || ending == ".pgm";
}

}  // namespace

std::vector<std::string> class_names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for_each_entry(folder, [&](const fs::directory_entry& entry) {
    if (is_folder(entry)) names.push_back(entry.path().filename().string());
  });
  if (!std::all_of(names.begin(), names.end(), csv::is_label)) {
    std::sort(names.begin(), names.end());
    return names;
  }
  std::map<std::pair<int, std::string>, std::string> by_number;
  for (const std::string& name : names) by_number[{std::stoi(name), name}] = name;
  names.clear();
  for (const auto& [number, name] : by_number) names.push_back(name);
  return names;
}

ClassFolders read_class_folders(const fs::path& folder,
                                const std::vector<std::string>& class_names) {
  ClassFolders result{.class_names = class_names};
  fs::path first;
  for (const std::string& name : class_names) {
    std::vector<fs::path> files;
    std::size_t others = 0;
    for_each_entry(folder / name, [&](const fs::directory_entry& entry) {
      if (is_picture(entry.path()) && !is_folder(entry))
        files.push_back(entry.path());
      else
        ++others;
    });
    if (files.empty())
      fail(input, "images", absolute_name(folder / name), ": has no PNG or PGM file",
           others == 0 ? "" : concat(", only ", counted(others, "other")),
           ". Hint: each folder is a class, and has the images of that class.");
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      const Picture picture = read_picture(file);
      auto& [shape, bytes, labels] = result.images;
      if (shape.empty()) {
        shape = {picture.rows, picture.columns};
        first = file;
      }
      if (shape != std::vector{picture.rows, picture.columns})
        fail(input, "images", absolute_name(file), ": has ", picture.rows, "×", picture.columns,
             " pixels, expected ", shape[0], "×", shape[1], " as ", absolute_name(first), '.');
      bytes.insert(bytes.end(), picture.bytes.begin(), picture.bytes.end());
      labels.push_back(static_cast<std::int32_t>(result.folders.size()));
    }
    result.folders.push_back(folder / name);
    result.skipped += others;
  }
  return result;
}

}  // namespace reel::pixels
