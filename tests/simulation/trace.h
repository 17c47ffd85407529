// What happened in one run, in order: a hash that two runs of a seed must share, and the last lines
// for whoever looks into a failure.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "runtime/abi/hash.h"

namespace flinkc {

class Trace {
 public:
  explicit Trace(size_t lines_kept) : lines_kept_(lines_kept) {}

  // Which kind of event it was and its numbers; cheap.
  void Mix(uint64_t event, uint64_t detail) {
    hash_ = CombineHash(CombineHash(hash_, event), detail);
    ++events_;
  }
  // A line; formatted only if lines are kept.
  template <typename... Arguments>
  void Note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    ++events_;
    hash_ = MixHash(hash_ + 1);
    if (lines_kept_ == 0) return;
    lines_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
    if (lines_.size() > lines_kept_) lines_.pop_front();
  }

  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  const size_t lines_kept_;
  uint64_t hash_ = kHashSeed;
  uint64_t events_ = 0;
  std::deque<std::string> lines_;
};

}  // namespace flinkc
