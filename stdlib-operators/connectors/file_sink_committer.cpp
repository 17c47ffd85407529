#include "stdlib-operators/connectors/file_sink_committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/env/storage.h"
#include "stdlib-operators/connectors/part_listing.h"
#include "stdlib-operators/connectors/part_name.h"

namespace flinkc {

namespace {

// -1: there is nothing.
Result<int64_t> SizeIfThere(FileSystem& files, const std::string& path) {
  const Result<FileInfo> info = files.Info(path);
  if (info) {
    if (info->kind == FileKind::kFile) return info->size_bytes;
    return MakeError(ErrorCode::kCorrupt, fmt::format("{} is no regular file", path));
  }
  if (info.error().code == ErrorCode::kNotFound) return -1;
  return std::unexpected(info.error());
}

std::unexpected<Error> WrongSize(const std::string& path, int64_t found, int64_t sealed) {
  return MakeError(
      ErrorCode::kCorrupt,
      fmt::format("{} has {} bytes, {} were sealed; was it changed by hand?", path, found, sealed));
}

}  // namespace

FileSinkCommitter::FileSinkCommitter(const SinkCommitterContext& context, FileSinkSettings settings)
    : settings_(std::move(settings)),
      owner_tag_(OwnerTag(context.owner, context.descriptor->name)),
      files_(context.files) {}

Result<std::vector<SealedUnit>> FileSinkCommitter::Decode(
    const std::vector<std::string>& sealed) const {
  std::vector<SealedUnit> units;
  for (const std::string& bytes : sealed) {
    if (bytes.empty()) continue;
    ASSIGN_OR_RETURN(SealedUnit unit, DecodeSealedUnit(bytes));
    units.push_back(std::move(unit));
  }
  return units;
}

Status FileSinkCommitter::Commit(const std::vector<std::string>& sealed) {
  const std::lock_guard lock(mutex_);
  // All are read before anything is renamed.
  ASSIGN_OR_RETURN(const std::vector<SealedUnit> units, Decode(sealed));
  // A rename lasts when it returns; one that an earlier call made may not yet.
  std::set<std::string> uncertain;
  bool any_renamed = false;
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("commit.before"));
  for (const SealedUnit& unit : units) {
    for (const SealedFile& file : unit.files) {
      if (any_renamed) RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("commit.between"));
      ASSIGN_OR_RETURN(const bool unfinished, IsUnfinished(unit, file));
      if (!unfinished) {
        uncertain.insert(settings_.Below(DirectoryOf(file.final_path)));
        continue;
      }
      RETURN_IF_ERROR(
          files_->Rename(settings_.Below(file.unfinished), settings_.Below(file.final_path)));
      any_renamed = true;
    }
  }
  for (const std::string& directory : uncertain) RETURN_IF_ERROR(files_->SyncDirectory(directory));
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("commit.after"));
  return RemoveReplaced(units);
}

Status FileSinkCommitter::Check(const std::vector<std::string>& sealed) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const std::vector<SealedUnit> units, Decode(sealed));
  for (const SealedUnit& unit : units) {
    for (const SealedFile& file : unit.files) {
      if (Result<bool> found = IsUnfinished(unit, file); !found) {
        return std::unexpected(std::move(found).error());
      }
    }
  }
  return {};
}

Status FileSinkCommitter::TakeBack(const std::vector<std::string>& sealed,
                                   const std::vector<std::string>& kept) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const std::vector<SealedUnit> units, Decode(sealed));
  ASSIGN_OR_RETURN(const std::vector<SealedUnit> kept_units, Decode(kept));
  std::set<std::string> wanted;
  for (const SealedUnit& unit : kept_units) {
    for (const SealedFile& file : unit.files) wanted.insert(file.unfinished);
  }
  std::set<std::string> changed;
  for (const SealedUnit& unit : units) {
    for (const SealedFile& file : unit.files) {
      RETURN_IF_ERROR(TakeBackFile(file, wanted.contains(file.unfinished)));
      changed.insert(settings_.Below(DirectoryOf(file.final_path)));
      RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.taken_back"));
    }
  }
  for (const std::string& directory : changed) {
    const Status synced = files_->SyncDirectory(directory);
    if (!synced && synced.error().code != ErrorCode::kNotFound) return synced;
  }
  return {};
}

Status FileSinkCommitter::TakeBackFile(const SealedFile& file, bool keep) const {
  const std::string unfinished = settings_.Below(file.unfinished);
  const std::string visible = settings_.Below(file.final_path);
  ASSIGN_OR_RETURN(const int64_t unfinished_bytes, SizeIfThere(*files_, unfinished));
  if (unfinished_bytes >= 0) {
    // Never committed: a file with the final name is another's.
    return keep ? Status() : files_->Remove(unfinished);
  }
  ASSIGN_OR_RETURN(const int64_t visible_bytes, SizeIfThere(*files_, visible));
  if (visible_bytes != file.size_bytes) return {};
  return keep ? files_->Rename(visible, unfinished) : files_->Remove(visible);
}

Result<bool> FileSinkCommitter::IsUnfinished(const SealedUnit& unit, const SealedFile& file) const {
  const std::string from = settings_.Below(file.unfinished);
  const std::string to = settings_.Below(file.final_path);
  ASSIGN_OR_RETURN(const int64_t unfinished_bytes, SizeIfThere(*files_, from));
  ASSIGN_OR_RETURN(const int64_t final_bytes, SizeIfThere(*files_, to));
  if (unfinished_bytes < 0) {
    if (final_bytes == file.size_bytes) return false;
    if (final_bytes >= 0) return WrongSize(to, final_bytes, file.size_bytes);
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("cannot commit {}: neither it nor {} is there; was it moved away?",
                                 to, file.unfinished));
  }
  if (unfinished_bytes != file.size_bytes) {
    return WrongSize(from, unfinished_bytes, file.size_bytes);
  }
  if (final_bytes >= 0 &&
      std::none_of(unit.replaced.begin(), unit.replaced.end(), [&](const ReplacedFile& replaced) {
        return replaced.path == file.final_path;
      })) {
    return MakeError(ErrorCode::kAlreadyExists,
                     fmt::format("cannot commit {}: another job has written a file of this name; "
                                 "move it away and start again from the checkpoint",
                                 to));
  }
  return true;
}

// After all the new files have their names, so that there is no instant with neither.
Status FileSinkCommitter::RemoveReplaced(const std::vector<SealedUnit>& units) const {
  std::set<std::string> written;
  for (const SealedUnit& unit : units) {
    for (const SealedFile& file : unit.files) written.insert(file.final_path);
  }
  std::set<std::string> changed;
  for (const SealedUnit& unit : units) {
    for (const ReplacedFile& replaced : unit.replaced) {
      if (written.contains(replaced.path)) continue;
      const std::string path = settings_.Below(replaced.path);
      ASSIGN_OR_RETURN(const int64_t bytes, SizeIfThere(*files_, path));
      // A file of another size is, in a unit that is committed once more long after, not the file
      // of then. One that is gone may have been removed by a call that died before it made that
      // last.
      if (bytes >= 0 && bytes != replaced.size_bytes) continue;
      if (bytes >= 0) RETURN_IF_ERROR(files_->Remove(path));
      changed.insert(settings_.Below(DirectoryOf(replaced.path)));
    }
  }
  for (const std::string& directory : changed) {
    const Status synced = files_->SyncDirectory(directory);
    // Somebody has removed the emptied partition.
    if (!synced && synced.error().code != ErrorCode::kNotFound) return synced;
  }
  return {};
}

Status FileSinkCommitter::RemoveLeftovers(const std::vector<std::string>& sealed,
                                          const std::set<uint32_t>* subtasks) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const std::vector<SealedUnit> units, Decode(sealed));
  std::set<std::string> kept;
  for (const SealedUnit& unit : units) {
    for (const SealedFile& file : unit.files) kept.insert(file.unfinished);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> unfinished,
                   FindUnfinishedFiles(*files_, settings_, owner_tag_));
  Status status;
  for (const std::string& path : unfinished) {
    if (kept.contains(path)) continue;
    const PartName part = *ParsePartName(ParseUnfinishedName(FileNameOf(path))->part);
    if (subtasks != nullptr && !subtasks->contains(part.subtask)) continue;
    if (Status removed = files_->Remove(settings_.Below(path)); !removed) {
      if (status) status = std::move(removed);
      continue;
    }
    RemoveEmptyPartitions(*files_, settings_, DirectoryOf(path));
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.leftovers"));
  }
  return status;
}

}  // namespace flinkc
