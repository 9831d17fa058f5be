// Recognises files by their first bytes.
#include <reel/nn/foreign_file.h>

#include <algorithm>
#include <cstddef>

#include <reel/autodiff/core/error.h>

namespace reel {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view from_pytorch =
    "Hint: convert its state_dict in Python: safetensors.torch.save_file(torch.load(\"net.pt\"), "
    "\"net.safetensors\"); or a loaded model: safetensors.torch.save_model(model, "
    "\"net.safetensors\").";
constexpr std::string_view from_npz =
    "Hint: convert it in Python: safetensors.numpy.save_file(dict(numpy.load(\"net.npz\")), "
    "\"net.safetensors\").";
constexpr std::string_view from_npy =
    "Hint: convert it in Python: safetensors.numpy.save_file({\"weight\": numpy.load(\"w.npy\")}, "
    "\"net.safetensors\").";
constexpr std::string_view from_keras =
    "Hint: write its arrays from Python by safetensors.numpy.save_file; those of dense layers are "
    "(in,out), so transpose them.";
constexpr std::string_view unpack = "Hint: unpack it first.";

struct Format {
  std::string_view magic, name, hint;
};
constexpr Format formats[] = {
    {"\x80\x02"sv, "a Python pickle, as old versions of PyTorch write it", from_pytorch},
    {"\x80\x03"sv, "a Python pickle", from_pytorch},
    {"\x80\x04"sv, "a Python pickle", from_pytorch},
    {"\x80\x05"sv, "a Python pickle", from_pytorch},
    {"\x93NUMPY"sv, "an array of NumPy (.npy)", from_npy},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras writes it", from_keras},
    {"GGUF"sv, "a GGUF file", "Hint: write its tensors as safetensors first."},
    {"PK\x03\x04"sv, "a zip archive", unpack},
    {"\x1f\x8b"sv, "compressed by gzip", unpack},
    {"version https://git-lfs"sv, "a pointer of Git LFS, not the file itself",
     "Hint: git lfs pull."},
};
constexpr Format torch_archive{
    {}, "a file of PyTorch (torch.save), which is a zip of pickles", from_pytorch};
constexpr Format numpy_archive{{}, "an archive of NumPy (.npz)", from_npz};

// A zip archive begins with its first file: bytes 26 and 27 are the length of its name, which
// begins at byte 30; an extra field follows
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7). PyTorch aligns the data by
// an extra field "FB" (caffe2/serialize/inline_container.cc).
const Format& in_zip(const Format& zip, std::string_view beginning) {
  if (beginning.size() < 30) return zip;
  const auto byte = [&](std::size_t i) {
    return std::size_t{static_cast<unsigned char>(beginning[i])};
  };
  const std::string_view rest = beginning.substr(30);
  const std::size_t length = byte(26) + 256 * byte(27);
  const std::string_view name = rest.substr(0, length);
  if (name.ends_with(".npy")) return numpy_archive;
  const bool aligned = length < rest.size() && rest.substr(length).starts_with("FB");
  return aligned || name.ends_with("/data.pkl") ? torch_archive : zip;
}

}  // namespace

std::string describe_foreign_file(std::string_view beginning) {
  const auto found =
      std::find_if(std::begin(formats), std::end(formats),
                   [&](const Format& format) { return beginning.starts_with(format.magic); });
  if (found == std::end(formats)) return {};
  const Format& format = found->magic.starts_with("PK") ? in_zip(*found, beginning) : *found;
  return concat(format.name, ", not safetensors. ", format.hint);
}

}  // namespace reel
