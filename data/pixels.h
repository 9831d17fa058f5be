// Images of unsigned bytes with their labels, as the readers of CSV files and of pictures return
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reel::pixels {

/// Images of one shape.
struct Labelled {
  std::vector<std::size_t> shape = {};    ///< of one image: (rows, columns), or (pixels)
  std::vector<std::uint8_t> bytes = {};   ///< (n, shape…) in row-major order
  std::vector<std::int32_t> labels = {};  ///< (n), from 0
};

/// (28,28) for 784 pixels; (10) for 10, which is no square.
std::vector<std::size_t> shape_of(std::size_t pixels);

/// Reads a table with an image on each line: its label, a whole number from 0, and then its pixels,
/// whole numbers from 0 to 255. The first line may have the names of the columns; it has them if
/// its first field is a text. Throws Error: kind input if the file is missing, empty, or if a line
/// has another number of fields, no label, or a field that is no pixel; kind system if it cannot be
/// read. Messages name the line and the column.
Labelled read_csv(const std::filesystem::path& path);

/// Folders with the images of one class each.
struct ClassFolders {
  Labelled images = {};
  std::vector<std::string> class_names = {};        ///< the names of the folders, in order
  std::vector<std::filesystem::path> folders = {};  ///< of each class
  std::size_t skipped = 0;                          ///< files that are neither PNG nor PGM
};

/// The folders below `folder` whose names do not begin with a dot: in the order of their numbers if
/// all are named by whole numbers, else in the order of their names.
std::vector<std::string> class_names_in(const std::filesystem::path& folder);

/// Reads the PNG and PGM files of each of these class folders below `folder`, in the order of their
/// names. Skips and counts other files, and ignores files whose names begin with a dot. Throws
/// Error: kind input if a class has no image, if two images have different sizes, or if a file is
/// malformed; kind system if a folder or file cannot be read.
ClassFolders read_class_folders(const std::filesystem::path& folder,
                                const std::vector<std::string>& class_names);

}  // namespace reel::pixels
