// Memory that is read and written at random places: large blocks lie in huge pages where the system
// has them, so that an access seldom misses the TLB too.
#pragma once

#include <cstddef>

namespace flinkc {

// Owns a block.
class PageMemory {
 public:
  static constexpr size_t kHugePageBytes = size_t{2} << 20;

  PageMemory() = default;
  // Bytes of no known value.
  static PageMemory Make(size_t bytes) { return PageMemory(bytes, false); }
  static PageMemory MakeZeroed(size_t bytes) { return PageMemory(bytes, true); }
  ~PageMemory() { Free(); }
  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;

  // Aligned as operator new does, or to a huge page.
  char* get() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  PageMemory(size_t bytes, bool zeroed);
  void Free();

  char* data_ = nullptr;
  size_t bytes_ = 0;
  bool is_mapped_ = false;  // a mapping of its own; smaller blocks are the allocator's
};

}  // namespace flinkc
