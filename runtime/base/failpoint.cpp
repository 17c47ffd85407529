#include "runtime/base/failpoint.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flinkc {

namespace failpoint {

namespace {

enum class Action : uint8_t { kKill, kSleep, kError, kNoSpace, kReadOnly };

struct Armed {
  uint64_t first = 1;
  uint64_t last = 1;
  Action action = Action::kKill;
  uint64_t sleep_ms = 0;
};

}  // namespace

struct Plan {
  struct Place {
    std::vector<Armed> armed;  // constant after ArmFailpoints
    std::atomic<uint64_t> passed{0};
  };
  std::array<Place, kFailpoints.size()> places;
};

constinit std::atomic<Plan*> armed{nullptr};

namespace {

std::unexpected<Error> Injected(size_t index, ErrorCode code, const char* reason) {
  return MakeError(code, fmt::format("failpoint `{}`: {}", kFailpoints[index].name, reason));
}

Status Act(const Armed& what, size_t index) {
  switch (what.action) {
    case Action::kKill:
      ::kill(::getpid(), SIGKILL);
      while (true) ::pause();
    case Action::kSleep:
      // What is asked for is the time itself: nothing is waited for.
      static_cast<void>(::poll(nullptr, 0, static_cast<int>(what.sleep_ms)));
      return {};
    case Action::kError:
      return Injected(index, ErrorCode::kIo, "Input/output error");
    case Action::kNoSpace:
      return Injected(index, ErrorCode::kNoSpace, "No space left on device");
    case Action::kReadOnly:
      return Injected(index, ErrorCode::kPermissionDenied, "Read-only file system");
  }
  return {};
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "3", "3-5", "3-"
bool ParseNth(std::string_view text, Armed* armed) {
  const size_t dash = text.find('-');
  const std::optional<uint64_t> first = ParseNumber(text.substr(0, dash));
  if (!first || *first == 0) return false;
  armed->first = armed->last = *first;
  if (dash == std::string_view::npos) return true;
  const std::string_view rest = text.substr(dash + 1);
  const std::optional<uint64_t> last = rest.empty() ? UINT64_MAX : ParseNumber(rest);
  if (!last || *last < *first) return false;
  armed->last = *last;
  return true;
}

constexpr uint64_t kSleepMillisMax = 3'600'000;

bool ParseAction(std::string_view text, bool can_fail, Armed* armed) {
  constexpr std::string_view kSleepPrefix = "sleep:";
  if (text.starts_with(kSleepPrefix)) {
    const std::optional<uint64_t> milliseconds = ParseNumber(text.substr(kSleepPrefix.size()));
    armed->action = Action::kSleep;
    armed->sleep_ms = milliseconds.value_or(0);
    return milliseconds.has_value() && *milliseconds <= kSleepMillisMax;
  }
  if (text == "kill") return true;
  if (text == "error") armed->action = Action::kError;
  if (text == "nospace") armed->action = Action::kNoSpace;
  if (text == "readonly") armed->action = Action::kReadOnly;
  return can_fail && armed->action != Action::kKill;
}

std::string AllNames() {
  std::string names;
  for (const FailpointRecord& record : kFailpoints) {
    names += names.empty() ? "" : ", ";
    names += record.name;
  }
  return names;
}

Status ArmOne(std::string_view text, Plan* plan) {
  const size_t first = text.find(':');
  const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the failpoint `{}` is not <name>:<nth>:<action>", text));
  }
  const std::string_view name = text.substr(0, first);
  size_t index = 0;
  while (index < kFailpoints.size() && kFailpoints[index].name != name) ++index;
  if (index == kFailpoints.size()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no failpoint `{}`, there are: {}", name, AllNames()));
  }
  Armed armed;
  if (!ParseNth(text.substr(first + 1, second - first - 1), &armed)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the failpoint `{}`: which times? `3`, `3-5` or `3-`", text));
  }
  if (!ParseAction(text.substr(second + 1), kFailpoints[index].can_fail, &armed)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("the failpoint `{}`: its action is none of kill, sleep:<ms>{}", text,
                    kFailpoints[index].can_fail ? ", error, nospace, readonly" : ""));
  }
  plan->places[index].armed.push_back(armed);
  return {};
}

}  // namespace

Status Pass(Plan& plan, size_t index) {
  Plan::Place& place = plan.places[index];
  if (place.armed.empty()) return {};
  const uint64_t nth = place.passed.fetch_add(1, std::memory_order_relaxed) + 1;
  for (const Armed& what : place.armed) {
    if (what.first <= nth && nth <= what.last) RETURN_IF_ERROR(Act(what, index));
  }
  return {};
}

}  // namespace failpoint

Status ArmFailpoints(std::string_view list) {
  // Never freed: any thread may pass a place until the process ends.
  static failpoint::Plan plan;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    RETURN_IF_ERROR(failpoint::ArmOne(list.substr(0, comma), &plan));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  failpoint::armed.store(&plan, std::memory_order_release);
  return {};
}

}  // namespace flinkc
