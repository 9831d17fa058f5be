// Objects that a thread uses again and again.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace reel {

/// The calling thread's T, made at the first call. Null once the thread has destroyed it: objects
/// that are destroyed later may still ask.
template <class T>
T* of_thread() {
  constinit static thread_local bool ended = false;
  struct Holder {
    T value;
    ~Holder() { ended = true; }
  };
  if (ended) return nullptr;
  thread_local Holder holder;
  return &holder.value;
}

/// A T that is empty, though its memory may come from an earlier use on this thread. The destructor
/// calls `clear()` and keeps the T for the next use, if its `capacity()` is not too large.
template <class T>
class Pooled {
 public:
  Pooled() {
    if (Pool* const pool = of_thread<Pool>(); pool && !pool->empty()) {
      value_ = std::move(pool->back());
      pool->pop_back();
    } else {
      value_ = std::make_unique<T>();
    }
  }
  ~Pooled() {
    value_->clear();
    Pool* const pool = of_thread<Pool>();
    if (pool && pool->size() < most_kept && value_->capacity() <= largest_kept)
      pool->push_back(std::move(value_));
  }
  Pooled(const Pooled&) = delete;
  Pooled& operator=(const Pooled&) = delete;

  /// A member of the object.
  T* operator->() const noexcept { return value_.get(); }
  /// The object.
  T& operator*() const noexcept { return *value_; }

 private:
  static constexpr std::size_t most_kept = 8, largest_kept = 1 << 16;
  using Pool = std::vector<std::unique_ptr<T>>;

  std::unique_ptr<T> value_;
};

}  // namespace reel
