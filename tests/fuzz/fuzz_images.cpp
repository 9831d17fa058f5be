// Pictures and tables of pixels: arbitrary bytes, and a correct PNG or PGM file with changes.
#include <reel/data/picture.h>

#include <zlib.h>

#include <reel/data/pixels.h>

#include "fuzz.h"

using namespace reel;

namespace {

void append_number(std::string& text, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(number >> shift & 0xFF);
}

void append_chunk(std::string& file, std::string_view type, std::string_view data) {
  const std::string body = concat(type, data);
  append_number(file, data.size());
  file += body;
  append_number(file, crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

// A PNG file whose checksums are right, so that the bytes reach the decoder: `header` is its depth,
// colour type, compression, filter and interlacing.
std::string png(std::string_view header, std::string_view palette, std::string_view lines) {
  std::string file = "\x89PNG\r\n\x1a\n";
  append_chunk(file, "IHDR", concat(std::string_view("\0\0\0\5\0\0\0\3", 8), header));
  append_chunk(file, "PLTE", palette);
  std::string packed(compressBound(lines.size()), '\0');
  uLongf size = packed.size();
  fuzz::require(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                         reinterpret_cast<const Bytef*>(lines.data()), lines.size()) == Z_OK,
                "compressing the lines");
  append_chunk(file, "IDAT", std::string_view(packed).substr(0, size));
  append_chunk(file, "IEND", "");
  return file;
}

bool reads_picture(const std::string& file) {
  pixels::Picture picture;
  const auto path = fuzz::file_with(file);
  if (!fuzz::reads([&] { picture = pixels::read_picture(path); })) return false;
  fuzz::require(picture.bytes.size() == picture.rows * picture.columns && !picture.bytes.empty(),
                "a byte for each pixel");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of({data, size});
  reads_picture(std::string(text));
  reads_picture(fuzz::changed("P2 # comment\n3 2\n255\n1 2 3\n4 5 6\n", {data, size}));
  reads_picture(fuzz::changed("P5 3 2 65535\nabcdefghijkl", {data, size}));
  const std::string lines(200, '\1');
  fuzz::require(reads_picture(png(std::string_view("\x08\2\0\0\0", 5), "abc", lines.substr(0, 48))),
                "a correct file can be read");
  const std::string_view header = text.substr(0, 5), palette = text.substr(header.size());
  reads_picture(png(header, palette.substr(0, palette.size() / 2),
                    concat(palette.substr(palette.size() / 2), lines)));

  const auto path = fuzz::file_with(text);
  pixels::Labelled images;
  if (!fuzz::reads([&] { images = pixels::read_csv(path); })) return 0;
  std::size_t pixels = 1;
  for (const std::size_t length : images.shape) pixels *= length;
  fuzz::require(!images.labels.empty() && images.bytes.size() == images.labels.size() * pixels,
                "a label and as many pixels for each image");
  return 0;
}
