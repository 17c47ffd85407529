// Arenas that are used again: one comes back, from any thread, when the last batch that shows views
// into it is gone, so that a steady stream of strings allocates nothing.
#pragma once

#include <memory>

#include "runtime/base/arena.h"

namespace flinkc {

class ArenaPool {
 public:
  // `memory_pool` must outlive the pool and its arenas; nullptr: not accounted.
  explicit ArenaPool(MemoryPool* memory_pool);

  // An empty arena. It may outlive the pool.
  std::shared_ptr<Arena> Take();

 private:
  struct Free;

  // Constant after construction.
  MemoryPool* const memory_pool_;
  // Guarded by its own mutex.
  std::shared_ptr<Free> free_;
};

}  // namespace flinkc
