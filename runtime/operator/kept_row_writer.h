// Writes rows that an operator keeps, as RowCodec has made them, into batches.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"
#include "runtime/operator/output_arena.h"
#include "runtime/state/row_codec.h"

namespace flinkc {

// The bytes of a row in `arena`. So few bytes have no text that a batch would show in them.
inline std::string_view CopyRow(std::string_view bytes, OutputArena* arena) {
  if (bytes.size() <= StringValue::kInlineBytes) return bytes;
  return {arena->Copy(bytes).pointer, bytes.size()};
}

// Immutable.
class KeptRowWriter {
 public:
  // Of rows of `kept`, whose column i goes to column columns[i] of a batch; RowCodec::kNowhere:
  // that one is not wanted.
  KeptRowWriter(const Schema& kept, std::vector<uint32_t> columns)
      : codec_(kept), columns_(std::move(columns)) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!kept[i].type.is_view()) continue;
      (columns_[i] == RowCodec::kNowhere ? hides_views_ : shows_views_) = true;
    }
    while (!columns_.empty() && columns_.back() == RowCodec::kNowhere) columns_.pop_back();
  }

  // Writes a row whose bytes may go after that; `arena` keeps what the batch shows of them.
  void Write(std::string_view bytes, OutputArena* arena, RecordBatch& to, int32_t to_row) const {
    if (shows_all_views()) return WriteShown(CopyRow(bytes, arena), to, to_row);
    codec_.Read(
        bytes, columns_, [arena](std::string_view value) { return arena->Copy(value); }, &to,
        to_row);
  }
  // The same of bytes that live as long as the batch.
  void WriteShown(std::string_view bytes, RecordBatch& to, int32_t to_row) const {
    codec_.Read(
        bytes, columns_, [](std::string_view value) { return MakeStringValue(value); }, &to,
        to_row);
  }
  // Whether a row is best copied as a whole: with texts, none of which is left out.
  bool shows_all_views() const { return shows_views_ && !hides_views_; }

 private:
  RowCodec codec_;
  std::vector<uint32_t> columns_;
  bool shows_views_ = false;
  bool hides_views_ = false;
};

// Copies of kept rows for one run of an operator, so that a row which meets many rows of a batch is
// copied once. One worker only.
class KeptCopies {
 public:
  // Before each run.
  void Clear() { copies_.fill({}); }
  // A copy in `arena` of the row at `kept`, which stays as it is until Clear.
  std::string_view Of(std::string_view kept, OutputArena* arena) {
    const uint64_t scattered = reinterpret_cast<uintptr_t>(kept.data()) * 0x9E3779B97F4A7C15ull;
    Copy& copy = copies_[scattered >> 56];
    if (copy.kept != kept.data()) copy = {kept.data(), CopyRow(kept, arena).data()};
    return {copy.bytes, kept.size()};
  }

 private:
  struct Copy {
    const char* kept = nullptr;
    const char* bytes = nullptr;
  };

  std::array<Copy, 256> copies_{};
};

}  // namespace flinkc
