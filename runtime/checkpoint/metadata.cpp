#include "runtime/checkpoint/metadata.h"

#include <fmt/format.h>

#include <memory>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/check_metadata.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/data/parse_proto.h"
#include "runtime/env/checked_record.h"

namespace flinkc {

namespace {

constexpr RecordFormat kFormat{"FLKC", "CKLF", kCheckpointFormatVersion, "metadata of a checkpoint",
                               kCheckpointFormatVersion};

std::unexpected<Error> Corrupt(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("{}; restore from another checkpoint or savepoint", what));
}

std::string PathIn(const std::string& directory) {
  return fmt::format("{}/{}", directory, kMetadataName);
}

Status WriteAside(FileSystem& files, const std::string& path, std::string_view bytes) {
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("metadata.before_write"));
  ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file, files.Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("metadata.before_sync"));
  RETURN_IF_ERROR(file->Sync());
  RETURN_IF_ERROR(file->Close());
  return FLINKC_FAILPOINT_STATUS("metadata.before_rename");
}

// After a rename that failed: whether it has happened all the same.
MetadataOutcome LookAgain(FileSystem& files, const std::string& directory, std::string_view bytes) {
  const Result<std::string> found = ReadWholeFile(files, PathIn(directory), kMetadataBytesMax);
  if (!found) {
    return found.error().code == ErrorCode::kNotFound ? MetadataOutcome::kNotWritten
                                                      : MetadataOutcome::kUnknown;
  }
  if (*found != bytes || !files.SyncDirectory(directory)) return MetadataOutcome::kUnknown;
  return MetadataOutcome::kDurable;
}

}  // namespace

std::string EncodeMetadata(const proto::CheckpointMetadata& metadata) {
  return EncodeRecord(kFormat, metadata.SerializeAsString());
}

Result<proto::CheckpointMetadata> DecodeMetadata(std::string_view bytes) {
  const Result<std::string_view> body = DecodeRecord(kFormat, bytes);
  if (!body && body.error().code == ErrorCode::kCorrupt) return Corrupt(body.error().message);
  if (!body) return std::unexpected(body.error());
  proto::CheckpointMetadata metadata;
  if (!ParseProto(*body, &metadata)) {
    return Corrupt("its checksum is right, but it cannot be parsed");
  }
  if (Status status = CheckMetadata(metadata); !status) return Corrupt(status.error().message);
  return metadata;
}

MetadataWrite WriteMetadata(FileSystem& files, const std::string& directory,
                            const proto::CheckpointMetadata& metadata) {
  const std::string path = PathIn(directory);
  const std::string aside = path + ".tmp";
  const std::string bytes = EncodeMetadata(metadata);
  if (static_cast<int64_t>(bytes.size()) > kMetadataBytesMax) {
    return {MetadataOutcome::kNotWritten,
            Error{ErrorCode::kInvalidArgument,
                  fmt::format("cannot write {}: {} bytes are more than the {} allowed", path,
                              bytes.size(), kMetadataBytesMax)}};
  }
  if (Status written = WriteAside(files, aside, bytes); !written) {
    static_cast<void>(files.Remove(aside));  // what remains is removed with the directory
    return {MetadataOutcome::kNotWritten, std::move(written).error()};
  }
  Status renamed = files.Rename(aside, path);
  if (renamed) return {};
  const MetadataOutcome outcome = LookAgain(files, directory, bytes);
  if (outcome == MetadataOutcome::kDurable) return {};
  return {outcome, std::move(renamed).error()};
}

Result<proto::CheckpointMetadata> ReadMetadata(FileSystem& files, const std::string& directory) {
  const std::string path = PathIn(directory);
  ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(files, path, kMetadataBytesMax));
  Result<proto::CheckpointMetadata> metadata = DecodeMetadata(bytes);
  if (!metadata) {
    return std::unexpected(std::move(metadata).error().WithContext("cannot use " + path));
  }
  return metadata;
}

Status VerifyFiles(FileSystem& files, const std::string& root,
                   const proto::CheckpointMetadata& metadata) {
  for (const proto::CheckpointMetadata::File& file : metadata.files()) {
    const std::string path = fmt::format("{}/{}", root, file.path());
    const Result<FileInfo> info = files.Info(path);
    if (!info && info.error().code != ErrorCode::kNotFound) return std::unexpected(info.error());
    if (!info || info->kind != FileKind::kFile) {
      return Corrupt(
          fmt::format("{} is missing, and checkpoint {} needs it", path, metadata.checkpoint_id()));
    }
    if (static_cast<uint64_t>(info->size_bytes) != file.size_bytes()) {
      return Corrupt(fmt::format("{} has {} bytes, and checkpoint {} wrote {}", path,
                                 info->size_bytes, metadata.checkpoint_id(), file.size_bytes()));
    }
  }
  return {};
}

void VisitFiles(const proto::SubtaskSnapshot& snapshot,
                const std::function<void(const std::string& path)>& visit) {
  for (const proto::StateSnapshot& state : snapshot.states()) {
    for (const std::string& file : state.segment_files()) visit(file);
  }
  for (const proto::StoreHandle::File& file : snapshot.store().files()) visit(file.file());
  if (snapshot.has_in_flight()) visit(snapshot.in_flight().file());
}

std::vector<proto::SealedOutput> SealedOutputOf(const proto::CheckpointMetadata& metadata) {
  std::vector<proto::SealedOutput> sealed;
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      sealed.insert(sealed.end(), subtask.sealed().begin(), subtask.sealed().end());
    }
  }
  return sealed;
}

}  // namespace flinkc
