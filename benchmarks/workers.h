// Workers: threads that are started once and share each task.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <reel/autodiff/core/share.h>

namespace reel {

/// Threads for tasks that are short and many: between two of them a thread stays awake for a
/// millisecond before it sleeps, unless there are more of them than processors. If there are as
/// many as processors that this thread may use, each but the caller's is bound to one of them.
class Workers {
 public:
  /// `count` includes the calling thread, which is worker 0. Throws Error for none, or if the
  /// system refuses a thread.
  explicit Workers(std::size_t count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  std::size_t count() const noexcept { return count_; }

  /// Calls task(w) for each worker w, on its own thread, and returns when all have. Throws what the
  /// first of them threw. The tasks see writes from before the call, and the caller then sees what
  /// they wrote. Only the thread that made this may call it, and not from within a task.
  template <class Task>
  void run(Task&& task) {
    run_all([](void* t, std::size_t w) { (*static_cast<std::remove_reference_t<Task>*>(t))(w); },
            const_cast<void*>(static_cast<const void*>(std::addressof(task))));
  }

  /// The processors that this thread may use.
  static std::size_t processors() noexcept;

 private:
  struct Crew;
  void run_all(void (*call)(void*, std::size_t), void* task);

  std::size_t count_;
  std::unique_ptr<Crew> crew_;  // none: the caller works alone
};

}  // namespace reel
