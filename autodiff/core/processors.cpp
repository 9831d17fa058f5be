// Reads the affinity mask and the CPU quota from the system.
#include <reel/autodiff/core/processors.h>

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace reel {
namespace {

std::size_t allowed_by_mask() noexcept {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

// The path of this process's control group: from the line of /proc/self/cgroup that names
// `controller` ("" in version 2); empty if there is none.
std::string group_path(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "0::/path" or "4:cpu,cpuacct:/path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = ',' + line.substr(first + 1, second - first - 1) + ',';
    if (names.find(',' + controller + ',') != std::string::npos) return line.substr(second + 1);
  }
  return {};
}

// The quota of one group in processors; negative if the group has none.
double quota_in(const std::string& folder) {
  double quota = -1, period = 0;
  std::string first;
  if (std::ifstream both(folder + "/cpu.max"); both >> first >> period)
    return first == "max" || period <= 0 ? -1 : std::stod(first) / period;
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us"),
      period_file(folder + "/cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0)
    return quota / period;
  return -1;
}

// The smallest quota of the group and all its parents.
double allowed_by_quota(const std::string& root, std::string path) {
  double least = -1;
  for (;;) {
    const double quota = quota_in(root + path);
    if (quota >= 0 && (least < 0 || quota < least)) least = quota;
    if (path.empty() || path == "/") return least;
    path.erase(path.rfind('/'));
  }
}

}  // namespace

std::size_t processors() noexcept try {
  std::size_t count = allowed_by_mask();
  for (const double quota : {allowed_by_quota("/sys/fs/cgroup", group_path("")),
                             allowed_by_quota("/sys/fs/cgroup/cpu", group_path("cpu"))})
    if (quota >= 0)
      count = std::min(count, static_cast<std::size_t>(std::max(1.0, std::min(quota, 1e6))));
  return count;
} catch (...) {  // the file system has an unexpected format
  return allowed_by_mask();
}

}  // namespace reel
