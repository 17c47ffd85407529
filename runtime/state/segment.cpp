#include "runtime/state/segment.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"
#include "runtime/abi/string_value.h"
#include "runtime/state/field_access.h"

namespace flinkc {

namespace {

struct SegmentHeader {
  uint32_t rows;
  uint32_t row_bytes;
  uint64_t heap_bytes;
};
static_assert(sizeof(SegmentHeader) == kSegmentHeaderBytes);

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "a segment of state: " + std::move(message));
}

// An offset into the heap where a pointer stands in memory.
template <typename T>
T* AsPointer(uint64_t offset) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(offset));
}

}  // namespace

bool HasHeap(const StateLayout& layout) {
  return !layout.key_view_offsets.empty() || !layout.blob_offsets.empty();
}

void PrepareSegment(const StateLayout& layout, uint32_t row_count, std::string* out) {
  out->resize(kSegmentHeaderBytes + size_t{row_count} * layout.row_bytes);
  StoreField(out->data(), SegmentHeader{row_count, layout.row_bytes, 0});
}

void AppendSegment(const StateLayout& layout, const char* rows, uint32_t row_count,
                   std::string* out) {
  const size_t start = out->size();
  const size_t rows_bytes = size_t{row_count} * layout.row_bytes;
  out->reserve(start + kSegmentHeaderBytes + rows_bytes);
  out->append(kSegmentHeaderBytes, '\0');
  out->append(rows, rows_bytes);
  const size_t heap = out->size();
  if (HasHeap(layout)) {
    for (uint32_t row = 0; row < row_count; ++row) {
      const char* from = rows + size_t{row} * layout.row_bytes;
      const size_t to = start + kSegmentHeaderBytes + size_t{row} * layout.row_bytes;
      for (const uint32_t key_offset : layout.key_view_offsets) {
        const uint32_t offset = KeyedTable::kHashBytes + key_offset;
        auto view = LoadField<StringValue>(from + offset);
        if (view.size <= StringValue::kInlineBytes) continue;
        const char* data = view.pointer;
        view.pointer = AsPointer<const char>(out->size() - heap);
        StoreField(out->data() + to + offset, view);
        out->append(data, view.size);
      }
      for (const uint32_t offset : layout.blob_offsets) {
        auto blob = LoadField<StateBlob>(from + offset);
        const char* data = blob.data;
        blob.data = AsPointer<char>(blob.size == 0 ? 0 : out->size() - heap);
        blob.capacity = blob.size;
        StoreField(out->data() + to + offset, blob);
        if (blob.size != 0) out->append(data, blob.size);
      }
    }
  }
  StoreField(out->data() + start, SegmentHeader{row_count, layout.row_bytes, out->size() - heap});
}

Result<SegmentReader> SegmentReader::Open(std::string_view bytes, const StateLayout& layout) {
  if (bytes.size() < kSegmentHeaderBytes) return Corrupt("shorter than its header");
  const auto header = LoadField<SegmentHeader>(bytes.data());
  if (header.row_bytes != layout.row_bytes) {
    return Corrupt(
        fmt::format("rows of {} bytes, expected {}", header.row_bytes, layout.row_bytes));
  }
  const uint64_t rows_bytes = uint64_t{header.rows} * header.row_bytes;
  if (header.heap_bytes > bytes.size() ||
      kSegmentHeaderBytes + rows_bytes + header.heap_bytes != bytes.size()) {
    return Corrupt(fmt::format("{} bytes for {} rows and a heap of {}", bytes.size(), header.rows,
                               header.heap_bytes));
  }
  const char* heap = bytes.data() + kSegmentHeaderBytes + rows_bytes;
  const auto in_heap = [&](uint64_t offset, uint64_t size) {
    return offset <= header.heap_bytes && size <= header.heap_bytes - offset;
  };
  SegmentReader reader;
  reader.row_count_ = header.rows;
  reader.row_bytes_ = header.row_bytes;
  reader.rows_.assign(bytes.data() + kSegmentHeaderBytes, rows_bytes);
  if (layout.key_view_offsets.empty() && layout.blob_offsets.empty()) return reader;
  for (uint32_t row = 0; row < header.rows; ++row) {
    char* at = reader.rows_.data() + size_t{row} * header.row_bytes;
    for (const uint32_t key_offset : layout.key_view_offsets) {
      const uint32_t offset = KeyedTable::kHashBytes + key_offset;
      auto view = LoadField<StringValue>(at + offset);
      if (view.size <= StringValue::kInlineBytes) continue;
      const auto place = reinterpret_cast<uintptr_t>(view.pointer);
      if (!in_heap(place, view.size)) return Corrupt(fmt::format("a key of row {}", row));
      StoreField(at + offset, MakeStringValue(heap + place, view.size));
    }
    for (const uint32_t offset : layout.blob_offsets) {
      auto blob = LoadField<StateBlob>(at + offset);
      const auto place = reinterpret_cast<uintptr_t>(blob.data);
      if (!in_heap(place, blob.size) || blob.capacity != blob.size) {
        return Corrupt(fmt::format("an accumulator of row {}", row));
      }
      // Nobody writes through it: the table copies the bytes.
      blob.data = blob.size == 0 ? nullptr : const_cast<char*>(heap + place);
      StoreField(at + offset, blob);
    }
  }
  return reader;
}

uint64_t SegmentReader::Hash(uint32_t row) const { return LoadField<uint64_t>(Row(row)); }

}  // namespace flinkc
