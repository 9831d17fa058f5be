// FlushSubnormals: makes a thread treat subnormal numbers as zero.
#pragma once

#include <cstdint>

namespace reel {

/// While it is alive, this thread reads and writes subnormal numbers (below 1.2e-38 in float,
/// 2.2e-308 in double) as zero, if the processor can. Averages that decay towards zero become
/// subnormal, such as Adam's averages for a pixel that is rarely lit. Arithmetic on a subnormal
/// number may take a hundred times as long.
class FlushSubnormals {
 public:
  FlushSubnormals() noexcept : FlushSubnormals(true) {}
  /// If `wanted` is false, it does the opposite: the thread reads and writes subnormal numbers
  /// exactly.
  explicit FlushSubnormals(bool wanted) noexcept : before_(control()) {
    set_control(wanted ? before_ | flush : before_ & ~flush);
  }
  ~FlushSubnormals() { set_control((control() & ~flush) | (before_ & flush)); }
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

  /// Whether this thread flushes subnormal numbers now.
  static bool active() noexcept { return flush != 0 && (control() & flush) == flush; }

 private:
#if defined(__SSE2__)
  static constexpr std::uint64_t flush = 0x8040;  // of MXCSR: flush to zero, subnormals are zero
  static std::uint64_t control() noexcept { return __builtin_ia32_stmxcsr(); }
  static void set_control(std::uint64_t bits) noexcept {
    __builtin_ia32_ldmxcsr(static_cast<std::uint32_t>(bits));
  }
#elif defined(__aarch64__)
  static constexpr std::uint64_t flush = std::uint64_t{1} << 24;  // of FPCR
  static std::uint64_t control() noexcept {
    std::uint64_t bits;
    asm volatile("mrs %0, fpcr" : "=r"(bits));
    return bits;
  }
  static void set_control(std::uint64_t bits) noexcept {
    asm volatile("msr fpcr, %0" : : "r"(bits));
  }
#else
  static constexpr std::uint64_t flush = 0;
  static std::uint64_t control() noexcept { return 0; }
  static void set_control(std::uint64_t) noexcept {}
#endif

  std::uint64_t before_;
};

}  // namespace reel
