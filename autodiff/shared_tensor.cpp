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
  std::array<Box*, 64> lists{};
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

  Box*& list_of(const Shape& shape) noexcept {
    std::size_t hash = shape.size();
    for (const std::size_t n : shape) hash = hash * 31 + n;
    return lists[hash % lists.size()];
  }

  static std::size_t bytes_of(const Box& box) noexcept {
    return sizeof(Box) + box.value.size() * sizeof(Real);
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

// Whether there is room for all elements: not in a tensor that was moved from.
bool SharedTensor::Box::whole() const noexcept {
  std::size_t count = 1;
  for (const std::size_t n : value.shape()) count *= n;
  return value.storage().size() == count;
}

SharedTensor::Box* SharedTensor::new_box(Tensor&& value) {
  return ::new (memory::allocate(sizeof(Box))) Box(std::move(value));
}

SharedTensor::Box* SharedTensor::box_of_shape(const Shape& shape) {
  if (!thread_ended) {
    Kept& kept = Kept::local();
    Box*& list = kept.list_of(shape);
    if (list && detail::same(list->value.shape(), shape)) {
      Box* box = kept.pop(list);
      box->owners.store(1, std::memory_order_relaxed);
      box->version = 0;
      return box;
    }
  }
  Box* box = new_box(Tensor(shape));
  box->by_shape = memory::caching();
  return box;
}

void SharedTensor::retire(Box* box) noexcept {
  const std::size_t bytes = Kept::bytes_of(*box);
  if (!box->by_shape || thread_ended || bytes > largest_kept || !box->whole())
    return Kept::destroy(box);
  box->notes.reset();
  Kept& kept = Kept::local();
  if (kept.bytes + bytes > most_kept) kept.drop();  // room for what is in use now
  Box*& list = kept.list_of(box->value.shape());
  if (list && !detail::same(list->value.shape(), box->value.shape())) kept.drop(list);
  box->next = std::exchange(list, box);
  kept.bytes += bytes;
}

}  // namespace reel::inline REEL_PRECISION
