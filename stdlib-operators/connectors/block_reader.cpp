#include "stdlib-operators/connectors/block_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace flinkc {

namespace {

constexpr size_t kCompressedBytes = 128 * 1024;
constexpr int64_t kReadAheadBytes = 4 << 20;

}  // namespace

struct BlockPool::Free {
  static constexpr size_t kBlocksMax = 16;

  struct Block {
    std::unique_ptr<Arena> arena;
    char* bytes;
  };
  std::mutex mutex;
  std::vector<Block> blocks;  // guarded by mutex
};

BlockPool::BlockPool(MemoryPool* memory) : memory_(memory), free_(std::make_shared<Free>()) {}

BlockPool::Memory BlockPool::Take(size_t bytes_min) {
  if (bytes_min > kBlockBytes) {
    auto arena = std::make_shared<Arena>(memory_);
    char* bytes = arena->Allocate(bytes_min + kBlockPadding);
    return {std::move(arena), bytes, bytes_min};
  }
  Free::Block block{nullptr, nullptr};
  {
    const std::lock_guard lock(free_->mutex);
    if (!free_->blocks.empty()) {
      block = std::move(free_->blocks.back());
      free_->blocks.pop_back();
    }
  }
  if (block.arena == nullptr) {
    block.arena = std::make_unique<Arena>(memory_);
    block.bytes = block.arena->Allocate(kBlockBytes + kBlockPadding);
  }
  const auto give_back = [free = free_, bytes = block.bytes](Arena* returned) {
    std::unique_ptr<Arena> arena(returned);
    const std::lock_guard lock(free->mutex);
    if (free->blocks.size() < Free::kBlocksMax) free->blocks.push_back({std::move(arena), bytes});
  };
  char* bytes = block.bytes;
  return {std::shared_ptr<Arena>(block.arena.release(), give_back), bytes, kBlockBytes};
}

Result<std::unique_ptr<BlockReader>> BlockReader::Open(const FileSplit& split, BlockPool* pool,
                                                       uint64_t* next_block_id) {
  ASSIGN_OR_RETURN(ReadableFile file, ReadableFile::Open(split.path));
  if (file.size() < split.end) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{} became shorter while it was read: it has {} bytes, {} were "
                                 "there when the job started",
                                 split.path, file.size(), split.end));
  }
  return std::unique_ptr<BlockReader>(new BlockReader(split, std::move(file), pool, next_block_id));
}

BlockReader::BlockReader(const FileSplit& split, ReadableFile file, BlockPool* pool,
                         uint64_t* next_block_id)
    : split_(split),
      pool_(pool),
      next_block_id_(next_block_id),
      file_(std::move(file)),
      file_offset_(split.begin),
      read_ahead_to_(split.begin),
      block_offset_(split.begin) {
  if (split.compression == Compression::kNone) return;
  compressed_.resize(kCompressedBytes);
  decompressor_ = MakeDecompressor(split.compression, [this]() -> Result<std::string_view> {
    ASSIGN_OR_RETURN(const size_t got, ReadFile(compressed_));
    return std::string_view(compressed_.data(), got);
  });
}

Result<size_t> BlockReader::ReadFile(std::span<char> out) {
  const auto wanted = static_cast<size_t>(
      std::min<int64_t>(static_cast<int64_t>(out.size()), split_.end - file_offset_));
  if (file_offset_ + kReadAheadBytes / 2 > read_ahead_to_ && read_ahead_to_ < split_.end) {
    file_.ReadAhead(read_ahead_to_, kReadAheadBytes);
    read_ahead_to_ += kReadAheadBytes;
  }
  ASSIGN_OR_RETURN(const size_t got, file_.ReadAt(file_offset_, out.first(wanted)));
  if (got < wanted) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{} became shorter while it was read", split_.path));
  }
  file_offset_ += static_cast<int64_t>(got);
  return got;
}

Result<size_t> BlockReader::Read(std::span<char> out) {
  if (decompressor_ == nullptr) return ReadFile(out);
  Result<size_t> got = decompressor_->Read(out);
  if (got) return got;
  return std::unexpected(std::move(got).error().WithContext("reading " + split_.path));
}

Status BlockReader::SkipPacked(int64_t bytes) {
  const BlockPool::Memory scratch = pool_->Take(BlockPool::kBlockBytes);
  while (block_offset_ < bytes) {
    const auto wanted = static_cast<size_t>(
        std::min<int64_t>(static_cast<int64_t>(scratch.size), bytes - block_offset_));
    ASSIGN_OR_RETURN(const size_t got, Read({scratch.bytes, wanted}));
    block_offset_ += static_cast<int64_t>(got);
    if (got < wanted) {
      return MakeError(ErrorCode::kCorrupt,
                       fmt::format("{} holds {} bytes unpacked, reading was to go on at byte {}",
                                   split_.path, block_offset_, bytes));
    }
  }
  return {};
}

Result<DecodeBlock> BlockReader::Next(const char* rest) {
  const size_t kept = rest == nullptr ? 0 : static_cast<size_t>(block_.end - rest);
  // A record that fills the block needs a larger one.
  size_t wanted = BlockPool::kBlockBytes;
  if (kept > wanted / 2) wanted = std::max(std::min(kept * 2, kRecordBytesMax), kept + 1);
  BlockPool::Memory memory = pool_->Take(wanted);
  if (kept > 0) std::memcpy(memory.bytes, rest, kept);
  ASSIGN_OR_RETURN(const size_t got, Read({memory.bytes + kept, memory.size - kept}));
  at_end_ = got < memory.size - kept;
  // Padding is looked at but never used; what stands there must only be defined.
  std::memset(memory.bytes + kept + got, 0, kBlockPadding);
  block_offset_ += block_.end - block_.begin - static_cast<int64_t>(kept);
  if (split_.compression == Compression::kNone) at_end_ = file_offset_ == split_.end;
  block_ = {memory.bytes, memory.bytes + kept + got, at_end_, ++*next_block_id_,
            std::move(memory.arena)};
  return block_;
}

Result<int64_t> LineOfOffset(const FileSplit& split, int64_t offset) {
  FileSplit whole = split;
  whole.begin = 0;
  BlockPool pool(nullptr);
  uint64_t next_id = 0;
  ASSIGN_OR_RETURN(const std::unique_ptr<BlockReader> reader,
                   BlockReader::Open(whole, &pool, &next_id));
  int64_t line = 1;
  while (true) {
    ASSIGN_OR_RETURN(const DecodeBlock block, reader->Next(nullptr));
    const int64_t left = offset - reader->block_offset();
    const int64_t size = std::min<int64_t>(block.end - block.begin, left);
    line += std::count(block.begin, block.begin + size, '\n');
    if (block.is_last || left <= block.end - block.begin) return line;
  }
}

}  // namespace flinkc
