// Collective: sums over threads that compute parts of one thing at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <reel/autodiff/core/error.h>

namespace reel {

/// The threads that each have a share of one batch, say, and need its statistics: in the midst of
/// their tasks they sum what each has. All members must ask for the same sums in the same order;
/// one that asks for none takes no part. The main thread calls `start` before each task, and each
/// task makes its Member before anything that might throw, since the others wait for it.
///
///     collective.start();
///     workers.run([&](std::size_t w) {
///       const Collective::Member member(collective, w);
///       …  // and in here, wherever:
///       if (const auto* member = Collective::Member::current()) member->sum("the losses", losses);
///     });
class Collective {
 public:
  /// Throws Error for no members.
  explicit Collective(std::size_t members);
  ~Collective();

  void start() noexcept;

  /// While it lives, its thread is member number `index`. A collective of one has nothing to sum:
  /// then `current` is null.
  class Member {
   public:
    /// Throws Error if there is no such member, or if it had its turn since the last `start`.
    [[nodiscard]] Member(Collective& collective, std::size_t index);
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    /// Each value becomes the sum of all members' at its place, added in the order of the members.
    /// Waits for them. `what`: a literal that says what is summed. Throws Abandoned if one of them
    /// has ended without giving its values, and Error if theirs are of something else or not as
    /// many.
    void sum(const char* what, std::span<double> values) const;
    /// Whether it has asked for a sum.
    bool takes_part() const noexcept { return rounds_ > 0; }
    /// Whether it is the first of those that take part; to be asked after a sum.
    bool is_first() const noexcept { return first_; }

    /// This thread's, or null.
    static const Member* current() noexcept;

   private:
    Collective& collective_;
    std::size_t index_;
    mutable std::uint32_t rounds_ = 0;
    mutable bool first_ = false;
    int exceptions_;
    const Member* outer_;
  };

  /// A member ended before others had its part of a sum: it failed, or does not do what they do.
  struct Abandoned : Error {
    Abandoned();
  };

 private:
  struct Slot;
  std::size_t count_;
  std::chrono::steady_clock::duration patience_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace reel
