// Arena: memory that is allocated by moving a pointer and freed all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace reel {

/// Blocks keep their addresses while the arena grows. `reset` frees all blocks and keeps the chunks
/// for reuse. The caller must run the destructors.
class Arena {
 public:
  void* take(std::size_t bytes) {
    bytes = (bytes + grain - 1) / grain * grain;
    if (bytes > left_) refill(bytes);
    std::byte* block = next_;
    next_ += bytes;
    left_ -= bytes;
    return block;
  }

  void reset() noexcept {
    current_ = 0;
    next_ = nullptr;
    left_ = 0;
  }

  /// The bytes that are allocated, and the unused bytes at the ends of chunks.
  std::size_t used() const noexcept {
    std::size_t total = 0;
    for (std::size_t i = 0; i < current_; ++i) total += chunks_[i].bytes;
    return total - left_;
  }

 private:
  static constexpr std::size_t grain = alignof(std::max_align_t);
  static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes;
  };

  void refill(std::size_t bytes) {
    while (current_ < chunks_.size() && chunks_[current_].bytes < bytes) ++current_;
    if (current_ == chunks_.size()) {
      const std::size_t size = std::max(bytes, chunk_bytes);
      chunks_.push_back({std::make_unique<std::byte[]>(size), size});
    }
    next_ = chunks_[current_].memory.get();
    left_ = chunks_[current_].bytes;
    ++current_;
  }

  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;  // the chunk to use next
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace reel
