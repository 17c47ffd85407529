#include "runtime/state/slab_heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kSlabBytesMin = 2 * 1024;
constexpr size_t kSlabBytesMax = 256 * 1024;
// A heap of so many bytes goes on with huge pages.
constexpr size_t kLargeHeapBytes = 4 * PageMemory::kHugePageBytes;
constexpr uint32_t kSmallestClassBytes = 16;

// Large blocks of so many bytes are mappings of their own, which grow without a copy, and whose
// pages cost nothing until they are written to.
constexpr size_t kMappedBytesMin = 256 * 1024;

// Before the bytes of a large block.
struct LargeHeader {
  size_t bytes;  // with the header
  size_t index;  // in large_
};

LargeHeader HeaderOf(const char* block) {
  LargeHeader header;
  std::memcpy(&header, block, sizeof(header));
  return header;
}

// With the header; of a mapping in whole pages.
size_t LargeBytes(size_t bytes) {
  constexpr size_t kPageBytes = 4096;
  const size_t total = bytes + sizeof(LargeHeader);
  return total < kMappedBytesMin ? total : (total + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// nullptr: the system has no such range.
char* MakeLarge(size_t total) {
  if (total < kMappedBytesMin) return new char[total];
  void* const mapped =
      mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<char*>(mapped);
}

// Where the mapping is then; nullptr: there is no room for it.
char* GrowMapping(char* block, size_t more) {
  LargeHeader header = HeaderOf(block);
  void* const moved = mremap(block, header.bytes, header.bytes + more, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) return nullptr;
  header.bytes += more;
  std::memcpy(moved, &header, sizeof(header));
  return static_cast<char*>(moved);
}

void DropLarge(char* block, size_t total) {
  if (total < kMappedBytesMin) {
    delete[] block;
  } else {
    munmap(block, total);
  }
}

}  // namespace

StateHeap::~StateHeap() {
  for (char* block : large_) DropLarge(block, HeaderOf(block).bytes);
  if (pool_ != nullptr) pool_->Release(memory_bytes_);
}

uint32_t StateHeap::ClassBytes(uint32_t size_class) {
  if (size_class == 0) return kSmallestClassBytes;
  const uint32_t power = 2 * kSmallestClassBytes << ((size_class - 1) / 2);
  return size_class % 2 == 1 ? power : power + power / 2;
}

uint32_t StateHeap::ClassOf(size_t bytes) {
  if (bytes <= kSmallestClassBytes) return 0;
  if (bytes <= 2 * kSmallestClassBytes) return 1;
  const uint32_t log2 = static_cast<uint32_t>(std::bit_width(bytes - 1)) - 1;  // 2^log2 < bytes
  const uint32_t below = 2 * (log2 - 5) + 1;
  return bytes <= ClassBytes(below + 1) ? below + 1 : below + 2;
}

char* StateHeap::Allocate(size_t bytes) {
  return bytes > kClassBytesMax ? AllocateLarge(bytes) : TakeBlock(ClassOf(bytes));
}

void StateHeap::Free(char* data, size_t bytes) {
  if (bytes > kClassBytesMax) {
    FreeLarge(data);
    return;
  }
  FreeBlock* block = reinterpret_cast<FreeBlock*>(data);
  const uint32_t size_class = ClassOf(bytes);
  FreeBlock*& list = free_[size_class];
  block->next = list;
  list = block;
  used_bytes_ -= ClassBytes(size_class);
}

// From the current slab or a new one; `bytes` is a class's.
char* StateHeap::Cut(size_t bytes) {
  if (static_cast<size_t>(end_ - cursor_) < bytes && !NextSlab(bytes)) return nullptr;
  char* start = cursor_;
  cursor_ += bytes;
  return start;
}

bool StateHeap::GrowBlob(StateBlob* blob, int64_t bytes) {
  if (bytes > UINT32_MAX) return false;
  // By half as much again at least, so that appending costs a constant a byte.
  const size_t half_more = static_cast<size_t>(blob->capacity) + blob->capacity / 2;
  const size_t wanted =
      std::min<size_t>(std::max<size_t>(static_cast<size_t>(bytes), half_more), UINT32_MAX);
  if (blob->capacity >= kMappedBytesMin) {
    char* const block = blob->data - sizeof(LargeHeader);
    const size_t more = LargeBytes(wanted) - HeaderOf(block).bytes;
    if (pool_ != nullptr && !pool_->TryReserve(more)) return false;
    char* const moved = GrowMapping(block, more);
    if (moved == nullptr) {
      if (pool_ != nullptr) pool_->Release(more);
      return false;
    }
    memory_bytes_ += more;
    used_bytes_ += more;
    large_[HeaderOf(moved).index] = moved;
    blob->data = moved + sizeof(LargeHeader);
    blob->capacity = static_cast<uint32_t>(wanted);
    return true;
  }
  StateBlob grown{};
  if (wanted <= kClassBytesMax) {
    const uint32_t size_class = ClassOf(wanted);
    grown.data = TakeBlock(size_class);
    grown.capacity = ClassBytes(size_class);
  } else {
    grown.data = AllocateLarge(wanted);
    grown.capacity = static_cast<uint32_t>(wanted);
  }
  if (grown.data == nullptr) return false;
  grown.size = blob->size;
  if (blob->size != 0) std::memcpy(grown.data, blob->data, blob->size);
  FreeBlob(blob);
  *blob = grown;
  return true;
}

void StateHeap::FreeBlob(StateBlob* blob) {
  if (blob->capacity != 0) Free(blob->data, blob->capacity);
  *blob = {};
}

void StateHeap::Clear(size_t keep_bytes) {
  while (!large_.empty()) FreeLarge(large_.back() + sizeof(LargeHeader));
  free_ = {};
  size_t kept = 0;
  size_t count = 0;
  while (count < slabs_.size() && kept + slabs_[count].bytes <= keep_bytes) {
    kept += slabs_[count++].bytes;
  }
  slabs_.resize(count);
  if (pool_ != nullptr) pool_->Release(memory_bytes_ - kept);
  memory_bytes_ = kept;
  used_bytes_ = 0;
  slab_count_ = 0;
  cursor_ = end_ = nullptr;
}

char* StateHeap::TakeBlock(uint32_t size_class) {
  char* block = reinterpret_cast<char*>(free_[size_class]);
  if (block != nullptr) {
    free_[size_class] = free_[size_class]->next;
  } else {
    block = Cut(ClassBytes(size_class));
  }
  if (block != nullptr) used_bytes_ += ClassBytes(size_class);
  return block;
}

bool StateHeap::NextSlab(size_t bytes_min) {
  GiveRestToFreeLists();
  while (slab_count_ < slabs_.size()) {  // kept by Clear
    Slab& slab = slabs_[slab_count_++];
    cursor_ = slab.memory.get();
    end_ = cursor_ + slab.bytes;
    if (slab.bytes >= bytes_min) return true;
    GiveRestToFreeLists();
  }
  const size_t usual = memory_bytes_ >= kLargeHeapBytes ? PageMemory::kHugePageBytes
                                                        : std::clamp(std::bit_floor(memory_bytes_),
                                                                     kSlabBytesMin, kSlabBytesMax);
  const size_t bytes = std::max(bytes_min, usual);
  if (pool_ != nullptr && !pool_->TryReserve(bytes)) return false;
  memory_bytes_ += bytes;
  slabs_.push_back({PageMemory::Make(bytes), bytes});
  ++slab_count_;
  cursor_ = slabs_.back().memory.get();
  end_ = cursor_ + bytes;
  return true;
}

// What is left of the current slab becomes free blocks of the largest classes that fit.
void StateHeap::GiveRestToFreeLists() {
  while (static_cast<size_t>(end_ - cursor_) >= kSmallestClassBytes) {
    const size_t rest = static_cast<size_t>(end_ - cursor_);
    uint32_t size_class = rest >= kClassBytesMax ? kClassCount - 1 : ClassOf(rest);
    if (ClassBytes(size_class) > rest) --size_class;
    FreeBlock* block = reinterpret_cast<FreeBlock*>(cursor_);
    block->next = free_[size_class];
    free_[size_class] = block;
    cursor_ += ClassBytes(size_class);
  }
  cursor_ = end_ = nullptr;
}

char* StateHeap::AllocateLarge(size_t bytes) {
  const size_t total = LargeBytes(bytes);
  if (pool_ != nullptr && !pool_->TryReserve(total)) return nullptr;
  char* const block = MakeLarge(total);
  if (block == nullptr) {
    if (pool_ != nullptr) pool_->Release(total);
    return nullptr;
  }
  memory_bytes_ += total;
  used_bytes_ += total;
  const LargeHeader header{total, large_.size()};
  std::memcpy(block, &header, sizeof(header));
  large_.push_back(block);
  return block + sizeof(header);
}

void StateHeap::FreeLarge(char* data) {
  char* const block = data - sizeof(LargeHeader);
  const LargeHeader header = HeaderOf(block);
  DCHECK(large_[header.index] == block);
  // The last one takes its place.
  large_[header.index] = large_.back();
  std::memcpy(large_[header.index] + offsetof(LargeHeader, index), &header.index, sizeof(size_t));
  large_.pop_back();
  if (pool_ != nullptr) pool_->Release(header.bytes);
  memory_bytes_ -= header.bytes;
  used_bytes_ -= header.bytes;
  DropLarge(block, header.bytes);
}

extern "C" {

bool flinkc_rt_grow_blob(StateHeap* heap, StateBlob* blob, int64_t bytes) {
  return heap->GrowBlob(blob, bytes);
}

void flinkc_rt_free_blob(StateHeap* heap, StateBlob* blob) { heap->FreeBlob(blob); }
}

}  // namespace flinkc
