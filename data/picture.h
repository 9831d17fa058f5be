// Reads pictures as grey levels: PNG, PGM or IDX.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace reel::pixels {

/// Grey levels from 0, black, to 255, white.
struct Picture {
  std::size_t rows = 0, columns = 0;
  std::vector<std::uint8_t> bytes = {};  ///< (rows, columns)
};

/// Reads a PNG file (ISO/IEC 15948), or a PGM file (P2 or P5, netpbm.sourceforge.net/doc/pgm.html),
/// which is recognised by its content; either may be gzipped. Levels of other depths are scaled to
/// 0 to 255. Colours become their luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); transparent
/// pixels are laid over black; gamma is ignored. Throws Error: kind input if the file is missing,
/// malformed, cut short or larger than 4096×4096; kind system if it cannot be read.
Picture read_picture(const std::filesystem::path& path);

/// The pictures in a file.
struct Pictures {
  std::vector<Picture> pictures;
  bool idx = false;  ///< whether it is an IDX file
};

/// Reads one picture like read_picture, or all images of an IDX file (see idx.h), from a file or a
/// pipe, which are recognised by their first bytes. Throws Error in the same cases.
Pictures read_pictures(const std::filesystem::path& path);

}  // namespace reel::pixels
