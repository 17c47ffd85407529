// How much the receiver of a channel lets its sender send: all numbers count from the channel's
// beginning, so that saying one twice does nothing.
#pragma once

#include <cstdint>

namespace flinkc {

struct Credit {
  uint64_t bytes = 0;  // of payloads of batches
  uint64_t batches = 0;
  uint64_t events = 0;  // elements that are no batch

  bool operator==(const Credit&) const = default;

  // Whether one more element may follow `sent`. The last batch may be larger than what is left, so
  // that one of any size passes.
  bool AllowsBatch(const Credit& sent) const {
    return sent.bytes < bytes && sent.batches < batches;
  }
  bool AllowsEvent(const Credit& sent) const { return sent.events < events; }
};

}  // namespace flinkc
