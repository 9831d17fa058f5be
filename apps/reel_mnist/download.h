// Downloads files with the program curl, and checks them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace reel::mnist {

/// A file to download.
struct Download {
  std::string name;               ///< of the file
  std::string md5;                ///< its published MD5 checksum, 32 hexadecimal digits
  std::vector<std::string> urls;  ///< where it is; they are tried in turn
};

/// Downloads a file into a folder, unless it is there with the right checksum; returns whether it
/// did. The bytes that arrive are in `name.part` until the checksum is right; if that file is there
/// already, the download goes on where it ended. `progress` is called with the bytes that have
/// arrived. Throws Error: kind system if curl is missing, if no URL gave the entire file (the part
/// stays) or if it cannot be written; kind input if the checksum is wrong (the part is deleted).
bool download(const Download& file, const std::filesystem::path& folder,
              const std::function<void(std::uintmax_t)>& progress = {});

/// Extracts a file of a zip archive with the program unzip. Throws Error: kind system if unzip is
/// missing or the file cannot be written, kind input if the archive is damaged or lacks the file.
/// Then there is no file `to` unless it was there before.
void extract(const std::filesystem::path& archive, const std::string& member,
             const std::filesystem::path& to);

}  // namespace reel::mnist
