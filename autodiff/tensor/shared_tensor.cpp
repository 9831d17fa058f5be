// Makes shared tensors, and recycles small ones for the next tensor of the same shape.
#include <reel/autodiff/tensor/shared_tensor.h>

#include <array>

#include <reel/autodiff/core/pool.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t largest_kept = 1 << 15, most_kept = 1 << 20;  // bytes, of one and of all

}  // namespace

// The recycled boxes of a thread, in lists by shape. Each list holds boxes of one shape at a time;
// otherwise boxes of one shape would hide boxes of another. A recycled box has no metadata, has
// memory for all numbers of its shape, and still contains the old numbers.
struct SharedTensor::Recycled {
  static constexpr std::size_t list_count = 64;
  std::array<Box*, list_count> lists{};
  std::size_t bytes = 0;

  ~Recycled() { drop(); }

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
};

SharedTensor::Box* SharedTensor::new_box(Tensor&& value) {
  return ::new (memory::allocate(sizeof(Box))) Box(std::move(value));
}

SharedTensor::Box* SharedTensor::box_of_shape(const Shape& shape) {
  const std::uint8_t at = Recycled::list_of(shape);
  if (Recycled* const recycled = of_thread<Recycled>()) {
    Box*& list = recycled->lists[at];
    if (list && detail::same(list->value.shape(), shape)) {
      Box* box = recycled->pop(list);
      box->owners.store(1, std::memory_order_relaxed);
      box->version = 0;
      return box;
    }
  }
  Box* box = new_box(Tensor(shape));
  box->count = box->value.size();
  if (memory::caching() && Recycled::bytes_of(*box) <= largest_kept) box->list = at;
  return box;
}

void SharedTensor::retire(Box* box) noexcept {
  // a tensor that was moved from or resized has lost its room
  Recycled* const recycled = of_thread<Recycled>();
  if (box->list == Box::unlisted || !recycled || box->count == 0 ||
      box->value.storage().size() != box->count)
    return Recycled::destroy(box);
  box->metadata.reset();
  if (recycled->bytes + Recycled::bytes_of(*box) > most_kept)
    recycled->drop();  // shapes in use now come back
  Box*& list = recycled->lists[box->list];
  if (list && !detail::same(list->value.shape(), box->value.shape())) recycled->drop(list);
  box->next = std::exchange(list, box);
  recycled->bytes += Recycled::bytes_of(*box);
}

}  // namespace reel::inline REEL_PRECISION
