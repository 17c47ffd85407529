#include "runtime/checkpoint/pending_checkpoint.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/metadata.h"

namespace flinkc {

Status PendingCheckpoint::Acknowledge(SubtaskIndex index,
                                      const proto::SubtaskAcknowledgement& acknowledgement,
                                      const KnownFiles& known) {
  if (HasAcknowledged(index)) return {};
  auto refuse = [&](const std::string& path, std::string_view why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("subtask {} of vertex {} answered checkpoint {} with the file "
                                 "`{}`, which {}",
                                 index.subtask, index.vertex, id_, path, why));
  };
  KnownFiles written;
  for (const auto& file : acknowledgement.files()) {
    const std::string& path = file.path();
    const bool in_place = IsSavepoint(kind_) != path.starts_with("shared/");
    if (!IsSafeRelativePath(path) || !in_place || CreatorOfStateFile(path) != id_) {
      return refuse(path, "is not named as this checkpoint's files are");
    }
    if (known.contains(path) || new_files_.contains(path) ||
        !written.emplace(path, KnownFile{file.size_bytes(), id_}).second) {
      return refuse(path, "is not new: the name of a file is used once");
    }
  }
  KnownFiles used;
  std::string unknown;
  VisitFiles(acknowledgement.snapshot(), [&](const std::string& path) {
    if (const auto file = written.find(path); file != written.end()) {
      used.insert(*file);
    } else if (const auto old = known.find(path); old != known.end()) {
      used.insert(*old);
    } else if (unknown.empty()) {
      unknown = path;
    }
  });
  if (!unknown.empty()) {
    return refuse(unknown, "is neither new nor part of a retained checkpoint");
  }
  for (const auto& [path, file] : written) new_files_.insert(path);
  files_.merge(used);
  snapshots_.emplace(index, acknowledgement.snapshot());
  return {};
}

void PendingCheckpoint::TakeSnapshots(proto::CheckpointMetadata* metadata) {
  for (auto& [index, snapshot] : snapshots_) {
    *metadata->mutable_vertices(static_cast<int>(index.vertex))
         ->mutable_subtasks(static_cast<int>(index.subtask)) = std::move(snapshot);
  }
  for (auto& [vertex, items] : unassigned_splits) {
    for (proto::SplitState& item : items) {
      *metadata->mutable_vertices(static_cast<int>(vertex))->add_unassigned_splits() =
          std::move(item);
    }
  }
  for (const auto& [path, file] : files_) {
    proto::CheckpointMetadata::File* entry = metadata->add_files();
    entry->set_path(path);
    entry->set_size_bytes(file.size_bytes);
    entry->set_created_by(file.created_by);
  }
}

}  // namespace flinkc
