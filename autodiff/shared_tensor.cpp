// Making tensors to share, and keeping small ones for the next of the same shape.
#include <reel/autodiff/shared_tensor.h>

#include <array>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t largest_kept = 1 << 15, most_kept = 1 << 20;  // bytes, of one and of all
constinit thread_local bool thread_ended = false;

}  // namespace

// A thread's, by shape. A list holds one shape at a time, or boxes of another would be buried in it
// while new ones are made. A box that is kept is as it was made, but for the numbers: no notes, and
// room for as many of them as its shape says.
struct SharedTensor::Kept {
  static constexpr std::size_t list_count = 64;
  std::array<Box*, list_count> lists{};
  std::size_t bytes = 0;

  ~Kept() {
    thread_ended = true;
    drop();
  }

  void drop() noexcept {
    for (Box*& list : lists) drop(list);
  }
  void drop(Box*& list) noexcept {
    while (list) destroy(pop(list));
  }

  Box* pop(Box*& list) noexcept {
    Box* box = std::exchange(list, list->next);
    bytes -= bytes_of(*box);
    return box;
  }

  static std::uint8_t list_of(const Shape& shape) noexcept {
    std::size_t hash = shape.size();
    for (const std::size_t n : shape) hash = hash * 31 + n;
    return hash % list_count;
  }

  static std::size_t bytes_of(const Box& box) noexcept {
    return sizeof(Box) + box.count * sizeof(Real);
  }

  static void destroy(Box* box) noexcept {
    box->~Box();
    memory::deallocate(box, sizeof(Box));
  }

  static Kept& local() {
    thread_local Kept kept;
    return kept;
  }
};

SharedTensor::Box* SharedTensor::new_box(Tensor&& value) {
  return ::new (memory::allocate(sizeof(Box))) Box(std::move(value));
}

SharedTensor::Box* SharedTensor::box_of_shape(const Shape& shape) {
  const std::uint8_t at = Kept::list_of(shape);
  if (!thread_ended) {
    Kept& kept = Kept::local();
    Box*& list = kept.lists[at];
    if (list && detail::same(list->value.shape(), shape)) {
      Box* box = kept.pop(list);
      box->owners.store(1, std::memory_order_relaxed);
      box->version = 0;
      return box;
    }
  }
  Box* box = new_box(Tensor(shape));
  box->count = box->value.size();
  if (memory::caching() && Kept::bytes_of(*box) <= largest_kept) box->list = at;
  return box;
}

void SharedTensor::retire(Box* box) noexcept {
  // one that was moved from, or resized, has not as many numbers, but if it has none
  if (box->list == Box::unlisted || thread_ended || box->count == 0 ||
      box->value.storage().size() != box->count)
    return Kept::destroy(box);
  box->notes.reset();
  Kept& kept = Kept::local();
  if (kept.bytes + Kept::bytes_of(*box) > most_kept) kept.drop();  // room for what is in use now
  Box*& list = kept.lists[box->list];
  if (list && !detail::same(list->value.shape(), box->value.shape())) kept.drop(list);
  box->next = std::exchange(list, box);
  kept.bytes += Kept::bytes_of(*box);
}

}  // namespace reel::inline REEL_PRECISION
