#include "runtime/data/arena_pool.h"

#include <mutex>
#include <vector>

namespace flinkc {

// Outlives the pool as long as one of its arenas is held.
struct ArenaPool::Free {
  static constexpr size_t kArenasMax = 16;

  std::mutex mutex;
  std::vector<std::unique_ptr<Arena>> arenas;  // guarded by mutex

  void Return(Arena* returned) {
    std::unique_ptr<Arena> arena(returned);
    arena->Reset();
    std::lock_guard lock(mutex);
    if (arenas.size() < kArenasMax) arenas.push_back(std::move(arena));
  }
};

ArenaPool::ArenaPool(MemoryPool* memory_pool)
    : memory_pool_(memory_pool), free_(std::make_shared<Free>()) {}

std::shared_ptr<Arena> ArenaPool::Take() {
  std::unique_ptr<Arena> arena;
  {
    std::lock_guard lock(free_->mutex);
    if (!free_->arenas.empty()) {
      arena = std::move(free_->arenas.back());
      free_->arenas.pop_back();
    }
  }
  if (arena == nullptr) arena = std::make_unique<Arena>(memory_pool_);
  return std::shared_ptr<Arena>(arena.release(),
                                [free = free_](Arena* returned) { free->Return(returned); });
}

}  // namespace flinkc
