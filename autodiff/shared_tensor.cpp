// Making tensors to share, and keeping small ones for the next of the same shape.
#include <reel/autodiff/shared_tensor.h>

#include <array>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t largest_kept = 4096, most_kept = 1 << 20;  // bytes, of one and of all
constinit thread_local bool thread_ended = false;

}  // namespace

// A thread's, by shape: shapes that share a list take turns at its head.
struct SharedTensor::Kept {
  std::array<Box*, 64> heads{};
  std::size_t bytes = 0;

  ~Kept() {
    thread_ended = true;
    for (Box* head : heads)
      while (head) destroy(std::exchange(head, head->next));
  }

  Box*& head(const Shape& shape) noexcept {
    std::size_t hash = shape.size();
    for (const std::size_t n : shape) hash = hash * 31 + n;
    return heads[hash % heads.size()];
  }

  static std::size_t bytes_of(const Box& box) {
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

SharedTensor::Box* SharedTensor::new_box(Tensor&& value) {
  return ::new (memory::allocate(sizeof(Box))) Box(std::move(value));
}

SharedTensor::Box* SharedTensor::box_of_shape(const Shape& shape) {
  if (!thread_ended) {
    Kept& kept = Kept::local();
    Box*& head = kept.head(shape);
    if (head && detail::same(head->value.shape(), shape)) {
      Box* box = std::exchange(head, head->next);
      kept.bytes -= Kept::bytes_of(*box);
      box->owners.store(1, std::memory_order_relaxed);
      box->version = 0;
      return box;
    }
  }
  Box* box = new_box(Tensor(shape));
  box->for_expression = memory::caching();
  return box;
}

void SharedTensor::retire(Box* box) noexcept {
  const std::size_t bytes = Kept::bytes_of(*box);
  if (!box->for_expression || thread_ended || bytes > largest_kept) return Kept::destroy(box);
  box->notes.reset();
  Kept& kept = Kept::local();
  if (kept.bytes + bytes > most_kept) return Kept::destroy(box);
  kept.bytes += bytes;
  Box*& head = kept.head(box->value.shape());
  box->next = std::exchange(head, box);
}

}  // namespace reel::inline REEL_PRECISION
