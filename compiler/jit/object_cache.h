// Machine code of chains on disk, so that the second start of a job compiles nothing. It stands in
// front of the whole of code generation (LLVM's own ObjectCache sits behind the optimizer, where a
// hit still costs milliseconds).
//
// A damaged object would crash the linker or, worse, run: each file carries its key and a checksum,
// is written aside and renamed, and lies in a directory that only its owner can write to. Whatever
// is wrong with a file or the directory, the answer is a miss, never an error.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flinkc {

// Equal keys are equal objects: made of all that goes into one (see JitCompiler).
using ObjectKey = std::array<std::byte, 32>;

struct ObjectCacheOptions {
  // Empty: there is no cache.
  std::string directory;
  // Over this, the objects used longest ago are deleted.
  uint64_t max_bytes = 256ull << 20;
};

// $XDG_CACHE_HOME/flinkc, else $HOME/.cache/flinkc; empty when neither is set.
std::string DefaultObjectCacheDirectory();

// Thread-safe; any number of processes may share a directory.
class ObjectCache {
 public:
  struct Statistics {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t damaged = 0;         // misses because a file was there but not whole
    uint64_t failed_stores = 0;   // a full disk, a read-only directory, …
  };

  explicit ObjectCache(ObjectCacheOptions options);

  // False: off, or the directory is not usable (not ours, writable by others, cannot be made).
  bool enabled() const { return enabled_; }
  const std::string& directory() const { return options_.directory; }
  Statistics statistics() const;

  std::optional<std::vector<std::byte>> Find(const ObjectKey& key);
  void Store(const ObjectKey& key, std::span<const std::byte> object);

 private:
  std::string PathOf(const ObjectKey& key) const;
  // Deletes objects used longest ago while the directory is too big, and forgotten temporary files.
  void Evict();

  // Constant after construction.
  ObjectCacheOptions options_;
  bool enabled_ = false;

  std::atomic<uint64_t> hits_ = 0;
  std::atomic<uint64_t> misses_ = 0;
  std::atomic<uint64_t> damaged_ = 0;
  std::atomic<uint64_t> failed_stores_ = 0;
  std::atomic<uint64_t> temporary_number_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_. What the directory holds, as far as this process knows; the directory is
  // read again before anything is deleted.
  std::optional<uint64_t> known_bytes_;
};

}  // namespace flinkc
