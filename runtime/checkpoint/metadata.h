// `_metadata`, the file that a checkpoint consists of:
//
//   "FLKC" | u32 version | u64 length | protobuf CheckpointMetadata | u64 checksum | "CKLF"
//
// Numbers are little-endian; the checksum is XXH3, 64 bits, of all that stands before it. It is
// written under another name, synced and renamed: that it has its name, lastingly, is what makes
// the checkpoint complete.
//
// Reading trusts nothing. Errors name the file, what is wrong with it and what can be done:
// kNotFound, kCorrupt (damaged, or makes no sense), kUnsupported (written by a newer flinkc), or
// why the file could not be read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/env/storage.h"

namespace flinkc {

inline constexpr uint32_t kCheckpointFormatVersion = 2;
inline constexpr int64_t kMetadataBytesMax = int64_t{1} << 30;

std::string EncodeMetadata(const proto::CheckpointMetadata& metadata);
Result<proto::CheckpointMetadata> DecodeMetadata(std::string_view bytes);

// What is known after an attempt to make a checkpoint complete.
enum class MetadataOutcome : uint8_t {
  kDurable,     // it is complete
  kNotWritten,  // it is not, and never will be
  kUnknown,     // a restart may find it or not: nothing that it refers to may be deleted
};
struct MetadataWrite {
  MetadataOutcome outcome = MetadataOutcome::kDurable;
  std::optional<Error> error;  // unless kDurable
};
// `directory` must be there, and the names of the files in it and in others that the metadata
// lists must last already. Never called twice for one directory.
MetadataWrite WriteMetadata(FileSystem& files, const std::string& directory,
                            const proto::CheckpointMetadata& metadata);
Result<proto::CheckpointMetadata> ReadMetadata(FileSystem& files, const std::string& directory);

// Whether every file listed is below `root`, as long as it should be. kCorrupt if not; what a file
// holds is checked segment by segment when it is loaded.
Status VerifyFiles(FileSystem& files, const std::string& root,
                   const proto::CheckpointMetadata& metadata);

// The output that the checkpoint lists: visible once it is complete.
std::vector<proto::SealedOutput> SealedOutputOf(const proto::CheckpointMetadata& metadata);

// Every file that the snapshot refers to, once for each reference. Deletion, verification and the
// list of files go by this: who adds a kind of reference adds it here.
void VisitFiles(const proto::SubtaskSnapshot& snapshot,
                const std::function<void(const std::string& path)>& visit);

}  // namespace flinkc
