// The loop around zlib's inflate.
#include <reel/data/inflate.h>

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

namespace reel::idx {
namespace {

constexpr std::size_t buffer_size = 1 << 16;
constexpr int gzip_only = 16 + MAX_WBITS;  // window bits; + 16 asks for a gzip header and its CRC
constexpr std::size_t largest_step = std::size_t{1} << 30;  // zlib counts in 32 bits

}  // namespace

struct InflatingReader::Stream {
  Stream() {
    if (inflateInit2(&z, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  bool finished = false;
};

InflatingReader::InflatingReader(const std::filesystem::path& path, std::string_view where)
    : file_(path, where) {
  if (refill() && std::string_view(buffer_).starts_with("\x1f\x8b"))
    stream_ = std::make_unique<Stream>();
}

InflatingReader::~InflatingReader() = default;

std::string_view InflatingReader::peek(std::size_t bytes) {
  if (peeked_.size() < bytes) {
    std::vector<std::uint8_t> more(bytes - peeked_.size());
    more.resize(read_on(more));
    peeked_.append(more.begin(), more.end());
  }
  return std::string_view(peeked_).substr(0, bytes);
}

std::size_t InflatingReader::read(std::span<std::uint8_t> into) {
  const std::size_t again = peeked_.copy(reinterpret_cast<char*>(into.data()), into.size());
  peeked_.erase(0, again);
  return again + read_on(into.subspan(again));
}

std::size_t InflatingReader::read_on(std::span<std::uint8_t> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto rest = into.subspan(done, std::min(into.size() - done, largest_step));
    if (stream_ ? stream_->finished : !refill()) break;
    done += stream_ ? inflate(rest) : copy(rest);
  }
  return done;
}

// Reads more of the file if the buffer is used up; returns whether bytes are left.
bool InflatingReader::refill() {
  if (used_ == buffer_.size()) {
    before_ += buffer_.size();
    buffer_ = file_.read(buffer_size);
    used_ = 0;
  }
  return !buffer_.empty();
}

std::size_t InflatingReader::copy(std::span<std::uint8_t> into) {
  const std::size_t count = std::min(into.size(), buffer_.size() - used_);
  std::memcpy(into.data(), buffer_.data() + used_, count);
  used_ += count;
  return count;
}

std::size_t InflatingReader::inflate(std::span<std::uint8_t> into) {
  const bool more = refill();
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<Bytef*>(buffer_.data()) + used_;
  z.avail_in = static_cast<uInt>(buffer_.size() - used_);
  z.next_out = into.data();
  z.avail_out = static_cast<uInt>(into.size());
  const int result = ::inflate(&z, Z_NO_FLUSH);
  used_ = buffer_.size() - z.avail_in;
  if (result == Z_STREAM_END)
    finish_member();
  else if (result == Z_MEM_ERROR)
    throw std::bad_alloc();
  else if (result == Z_BUF_ERROR && !more)
    reject("the gzip data is cut short after ", before_,
           " bytes. Hint: copy or download it again.");
  else if (result != Z_OK && result != Z_BUF_ERROR)
    reject("the gzip data is corrupt (", z.msg ? z.msg : "unknown to zlib",
           "). Hint: copy or download it again.");
  return into.size() - z.avail_out;
}

void InflatingReader::finish_member() {
  if (!refill())
    stream_->finished = true;
  else if (buffer_[used_] == '\x1f')
    inflateReset(&stream_->z);
  else
    reject("other bytes follow the end of the gzip data.");
}

}  // namespace reel::idx
