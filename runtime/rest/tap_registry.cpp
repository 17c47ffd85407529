#include "runtime/rest/tap_registry.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/base/random_bits.h"
#include "runtime/protocol/tap_limits.h"

namespace flinkc {

int64_t TapRegistry::NowSeconds() const { return clock_->MonotonicNanos() / 1'000'000'000; }

void TapRegistry::ForgetOld() {
  std::erase_if(taps_, [now = NowSeconds()](const auto& entry) {
    return now - entry.second.asked_seconds > kTapLease.count();
  });
}

Result<std::string> TapRegistry::Add(Tap tap) {
  const std::lock_guard lock(mutex_);
  ForgetOld();
  if (taps_.size() >= kTapsMax) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("{} taps are open already; close one, or wait until its user has "
                                 "been gone for {} s",
                                 taps_.size(), kTapLease.count()));
  }
  std::string id = RandomHex(MachineRandomBits, 32);
  taps_[id] = {std::move(tap), NowSeconds()};
  return id;
}

std::optional<TapRegistry::Tap> TapRegistry::Find(const std::string& job_id,
                                                  const std::string& id) {
  const std::lock_guard lock(mutex_);
  ForgetOld();
  const auto found = taps_.find(id);
  if (found == taps_.end() || found->second.tap.job_id != job_id) return std::nullopt;
  found->second.asked_seconds = NowSeconds();
  return found->second.tap;
}

void TapRegistry::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  taps_.erase(id);
}

}  // namespace flinkc
