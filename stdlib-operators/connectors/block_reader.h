// The bytes of one file split as a run of blocks for a RowDecoder. Blocks are recycled when the
// last batch that points into one is gone.
//
// Reading is done by the worker itself, without an I/O thread: blocks are small (a page cache hit
// costs some 15 µs), the kernel is told to read ahead, and on a machine whose slots use all cores a
// second thread a slot would only take their time (a hand-over costs more than reading a block).
// What that gives up: on a cold disk slower than the decoder a worker waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/env/file.h"
#include "stdlib-operators/connectors/compression.h"
#include "stdlib-operators/connectors/file_split.h"
#include "stdlib-operators/formats/row_decoder.h"

namespace flinkc {

// Memory for blocks of one size. Thread-safe in giving back, which batches do on any thread.
class BlockPool {
 public:
  static constexpr size_t kBlockBytes = 256 * 1024;

  explicit BlockPool(MemoryPool* memory);

  struct Memory {
    std::shared_ptr<Arena> arena;
    char* bytes = nullptr;  // with kBlockPadding behind `size`
    size_t size = 0;
  };
  // At least `bytes_min` bytes: kBlockBytes, recycled, or larger and used once.
  Memory Take(size_t bytes_min);

 private:
  struct Free;

  MemoryPool* const memory_;
  const std::shared_ptr<Free> free_;
};

// Worker thread only.
class BlockReader {
 public:
  // Longer records are an error.
  static constexpr size_t kRecordBytesMax = 64 << 20;

  static Result<std::unique_ptr<BlockReader>> Open(const FileSplit& split, BlockPool* pool,
                                                   uint64_t* next_block_id);

  // The next block: what the last one had from `rest` on, and bytes read behind it. `rest` nullptr:
  // nothing. Always more than the last one, or is_last.
  Result<DecodeBlock> Next(const char* rest);
  // Of a packed file, before the first Next: reads over the first `bytes` of what it holds.
  // kCorrupt if there are not so many.
  Status SkipPacked(int64_t bytes);
  // Of the current block's first byte, in the file or in what it decompresses to.
  int64_t block_offset() const { return block_offset_; }
  // Bytes of the file read so far, compressed ones where it is compressed.
  int64_t bytes_read() const { return file_offset_ - split_.begin; }
  const FileSplit& split() const { return split_; }

 private:
  BlockReader(const FileSplit& split, ReadableFile file, BlockPool* pool, uint64_t* next_block_id);
  Result<size_t> Read(std::span<char> out);
  Result<size_t> ReadFile(std::span<char> out);

  // Constant after construction.
  const FileSplit split_;
  BlockPool* const pool_;
  uint64_t* const next_block_id_;
  // Worker thread only.
  ReadableFile file_;
  int64_t file_offset_ = 0;
  int64_t read_ahead_to_ = 0;
  std::string compressed_;
  std::unique_ptr<Decompressor> decompressor_;
  DecodeBlock block_;
  int64_t block_offset_ = 0;
  bool at_end_ = false;
};

// The line, from 1, of byte `offset` of a file (decompressed): reads all before it.
Result<int64_t> LineOfOffset(const FileSplit& split, int64_t offset);

}  // namespace flinkc
