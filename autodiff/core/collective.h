// Collective: threads that compute parts of one thing at the same time, sum and share out work.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <reel/autodiff/core/error.h>

namespace reel {

/// The threads that each have a share of one batch, say, and need its statistics: in the midst of
/// their tasks they sum what each has, or meet to share out work. All members must ask for the same
/// sums in the same order; one that asks for none takes no part, but the others wait until it has
/// ended. Before each turn the main thread calls `start`, or each member for itself, at a time when
/// all have ended and none begins. Each makes its Member before anything that might throw, since
/// the others wait for it.
///
///     collective.start();
///     workers.run([&](std::size_t w) {
///       const Collective::Member member(collective, w);
///       …  // and in here, wherever:
///       if (const auto* member = Collective::Member::current()) member->sum("the losses", losses);
///     });
class Collective {
  struct Slot;

 public:
  /// Throws Error for no members.
  explicit Collective(std::size_t members);
  ~Collective();

  void start() noexcept;
  void start(std::size_t index) noexcept;

  class Meeting;

  /// What a member brings to an exchange or a meeting: the thing that it is of, and what its
  /// own part is.
  struct Offer {
    const void* thing = nullptr;
    const void* from = nullptr;
    void* to = nullptr;
    std::size_t count = 0;
  };

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
    /// many; after that this member meets nobody. Throws Error in the midst of a meeting.
    void sum(const char* what, std::span<double> values) const;
    /// Shows the others what its part of a thing is, and waits until they have shown theirs: of all
    /// members, in their order, until its next exchange or meeting. Others may read what is shown
    /// until they end. Throws Abandoned if one of them has ended, or asks for a sum, without; and
    /// Error if one shows a part of another thing, or in the midst of a meeting.
    std::span<const Offer> exchange(const Offer& mine) const;
    /// Whether it has asked for a sum.
    bool takes_part() const noexcept { return sums_ > 0; }
    /// Whether it is the first of those that take part; to be asked after a sum.
    bool is_first() const noexcept { return first_; }

    /// This thread's, or null.
    static const Member* current() noexcept;

   private:
    friend class Meeting;
    Slot& slot() const noexcept;
    bool meet(const Offer& offer) const;

    Collective& collective_;
    std::size_t index_;
    mutable std::uint32_t sums_ = 0, meetings_ = 0;
    mutable bool first_ = false, meets_ = false;
    mutable bool lost_ = false;  // since a sum that failed, nobody knows who came to which meeting
    int exceptions_;
    const Member* outer_;
  };

  /// Work that members share out if all who come would work on the same thing. Nobody has to come:
  /// who has ended or waits for a sum is not waited for, so members may go different ways.
  ///
  ///     Collective::Meeting meeting(*member, {&thing, x, y, rows});
  ///     if (meeting.offers().empty()) return work_alone();
  ///     …  // on each of the offers, the part meeting.place() of meeting.offers().size()
  ///     meeting.finish();
  class Meeting {
   public:
    /// Waits for the others. Throws Error if the member is in a meeting.
    Meeting(const Member& member, const Offer& offer);
    /// Waits until nobody works on this member's offer any more.
    ~Meeting();
    Meeting(const Meeting&) = delete;
    Meeting& operator=(const Meeting&) = delete;

    /// Of all who came, in the order of the members, and the same for each of them; none if they
    /// are not of one thing, or if nobody else came.
    std::span<const Offer> offers() const noexcept;
    /// Which of the offers is this member's.
    std::size_t place() const noexcept { return place_; }
    /// Says that this member's part is done, and waits for the others'. Throws Abandoned if one of
    /// them has failed.
    void finish();

   private:
    bool close(bool done) noexcept;

    const Member& member_;
    std::size_t place_ = 0;
    bool open_ = false;
  };

  /// A member ended, or failed, before others had its part of a sum or of a meeting's work.
  struct Abandoned : Error {
    Abandoned();
  };

 private:
  std::size_t count_;
  std::chrono::steady_clock::duration patience_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace reel
