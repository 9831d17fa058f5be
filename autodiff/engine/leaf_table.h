// LeafTable: maps each parameter to its node on a tape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace reel {

/// An open-addressing hash table from addresses to node numbers. `clear` takes constant time and
/// keeps the memory.
class LeafTable {
 public:
  static constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

  /// The node of `key`. If `key` is new, this is `absent`, and the caller must overwrite it.
  std::uint32_t& find_or_add(const void* key) {
    if (2 * (count_ + 1) > entries_.size()) grow();
    Entry& entry = probe(key);
    if (entry.round != round_) {
      entry = {key, round_, absent};
      ++count_;
    }
    return entry.node;
  }

  /// The node of `key`; `absent` if it has none.
  std::uint32_t find(const void* key) const noexcept {
    if (count_ == 0) return absent;
    const Entry& entry = entries_[place(key)];
    return entry.round == round_ ? entry.node : absent;
  }

  void clear() noexcept {
    ++round_;
    count_ = 0;
  }

 private:
  struct Entry {
    const void* key = nullptr;
    std::uint64_t round = 0;  // an entry of an earlier round is free
    std::uint32_t node = absent;
  };

  // The entry of `key`, or the free entry where `key` is to be stored.
  std::size_t place(const void* key) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t i = (reinterpret_cast<std::uintptr_t>(key) >> 6) * 0x9E3779B97F4A7C15 >> 32;
    while (entries_[i & mask].round == round_ && entries_[i & mask].key != key) ++i;
    return i & mask;
  }
  Entry& probe(const void* key) { return entries_[place(key)]; }

  void grow() {
    std::vector<Entry> old(entries_.empty() ? 32 : 2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old)
      if (entry.round == round_) probe(entry.key) = entry;
  }

  std::vector<Entry> entries_;
  std::uint64_t round_ = 1;
  std::size_t count_ = 0;
};

}  // namespace reel
