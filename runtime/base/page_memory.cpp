#include "runtime/base/page_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace flinkc {

namespace {

constexpr size_t kPage = PageMemory::kHugePageBytes;

size_t MappedBytes(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

// Zero, and aligned to a huge page; nullptr: the system has no such range.
char* Map(size_t bytes) {
  const size_t wanted = MappedBytes(bytes);
  void* mapped =
      mmap(nullptr, wanted + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  const size_t before = (kPage - reinterpret_cast<uintptr_t>(begin) % kPage) % kPage;
  if (before > 0) munmap(begin, before);
  munmap(begin + before + wanted, kPage - before);
  // Only a wish: without huge pages the memory is as good, but slower.
  madvise(begin + before, wanted, MADV_HUGEPAGE);
  return begin + before;
}

}  // namespace

PageMemory::PageMemory(size_t bytes, bool zeroed) : bytes_(bytes) {
  if (bytes == 0) return;
  if (bytes >= kPage) data_ = Map(bytes);
  is_mapped_ = data_ != nullptr;
  if (is_mapped_) return;
  data_ = static_cast<char*>(operator new(bytes));
  if (zeroed) std::memset(data_, 0, bytes);
}

PageMemory::PageMemory(PageMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      is_mapped_(other.is_mapped_) {}

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  if (this == &other) return *this;
  Free();
  data_ = std::exchange(other.data_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  is_mapped_ = other.is_mapped_;
  return *this;
}

void PageMemory::Free() {
  if (data_ == nullptr) return;
  if (is_mapped_) {
    munmap(data_, MappedBytes(bytes_));
  } else {
    operator delete(data_);
  }
}

}  // namespace flinkc
