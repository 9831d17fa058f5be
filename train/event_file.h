// Writes numbers to an event file, which TensorBoard shows as curves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace reel {

/// CRC-32C (Castagnoli) of these bytes, as in RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes) noexcept;

/// A number with a name. TensorBoard groups the names by their part before a slash.
struct EventScalar {
  std::string tag;   ///< such as "epoch/test_loss"
  double value = 0;  ///< is stored as a float
};

/// An event file: TFRecords (tensorflow.org/tutorials/load_data/tfrecord), each with an Event
/// (tensorflow/core/util/event.proto, version "brain.Event:2") that has a Summary of scalars. The
/// name is events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER, so each run has a file of its own, also
/// in the same folder.
///
///     EventFile events("logs/first");
///     events.add(epoch, {{"epoch/test_loss", loss}});
///     events.flush();
class EventFile {
 public:
  /// Makes the folder and the file. Throws Error (system) if they cannot be written; all functions
  /// do so.
  explicit EventFile(const std::filesystem::path& folder);

  /// Adds the numbers of one step at the current time.
  void add(std::size_t step, std::span<const EventScalar> scalars);
  void add(std::size_t step, std::initializer_list<EventScalar> scalars) {
    add(step, std::span(scalars.begin(), scalars.size()));
  }
  /// Hands all that was added to the system, so that TensorBoard sees it.
  void flush();

  /// The file.
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void write(std::string_view event);
  [[noreturn]] void fail_to_write() const;

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace reel
