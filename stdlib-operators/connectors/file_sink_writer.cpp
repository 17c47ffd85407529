#include "stdlib-operators/connectors/file_sink_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/abi/hash.h"
#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/data/text_writer.h"
#include "stdlib-operators/connectors/part_listing.h"
#include "stdlib-operators/connectors/part_name.h"

namespace flinkc {

namespace {

// A value as the name of a directory: what a path or a glob would misread as %XX.
std::string DirectoryName(const std::string& column, std::string_view value, bool is_null) {
  std::string name = column + "=";
  if (is_null || value.empty()) return name + (is_null ? "__NULL__" : "__EMPTY__");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || std::string_view("%/\\=*?[]{}\"'#:").contains(c)) {
      name += fmt::format("%{:02X}", byte);
    } else {
      name += c;
    }
  }
  return name;
}

std::string Extension(const SinkContext& context, Compression compression) {
  const std::string& format = context.descriptor->format;
  return fmt::format("{}{}", format == "text" ? "txt" : format, FileSuffix(compression));
}

// Two writers that ever write under one name would have to open at the same instant by both clocks.
std::string WriterTag(const SinkContext& context) {
  uint64_t hash = HashInteger(context.clock->NowMicros());
  hash = CombineHash(hash, HashInteger(context.clock->MonotonicNanos()));
  return fmt::format("{:016x}", CombineHash(hash, HashInteger(context.subtask)));
}

}  // namespace

FileSinkWriter::FileSinkWriter(const SinkContext& context, FileSinkSettings settings,
                               std::unique_ptr<RowEncoder> encoder)
    : schema_(context.schema),
      subtask_(context.subtask),
      parallelism_(context.parallelism),
      replaces_(settings.mode == "overwrite" && !context.resumed),
      settings_(std::move(settings)),
      files_(context.files),
      clock_(context.clock),
      encoder_(std::move(encoder)),
      extension_(Extension(context, settings_.compression)),
      owner_tag_(OwnerTag(context.owner, context.descriptor->name)),
      writer_tag_(WriterTag(context)) {
  for (const std::string& column : settings_.partition_by) {
    partition_columns_.push_back(*schema_.IndexOf(column));
  }
}

Status FileSinkWriter::Open() {
  RETURN_IF_ERROR(MakeDirectoriesOneByOne(*files_, settings_.path));
  if (!replaces_) return {};
  ASSIGN_OR_RETURN(std::vector<ReplacedFile> parts, FindPartFiles(*files_, settings_));
  for (ReplacedFile& part : parts) {
    // Each subtask answers for its own names, the first one also for those nobody has now.
    const PartName name = *ParsePartName(FileNameOf(part.path));
    if (name.subtask == subtask_) {
      uint64_t& taken = taken_[DirectoryOf(part.path)];
      taken = std::max(taken, name.number + 1);
    }
    if (name.subtask == subtask_ || (subtask_ == 0 && name.subtask >= parallelism_)) {
      replaced_.push_back(std::move(part));
    }
  }
  return {};
}

Status FileSinkWriter::Write(const BatchPtr& batch) {
  RETURN_IF_ERROR(EndOldParts());
  for (int32_t row = 0; row < batch->row_count(); ++row) {
    ASSIGN_OR_RETURN(PartFile * file, FileFor(*batch, row));
    line_.clear();
    encoder_->Encode(*batch, row, line_);
    RETURN_IF_ERROR(file->Append(line_));
    if (file->size_bytes() >= settings_.roll_bytes) {
      RETURN_IF_ERROR(EndPart(open_.find(current_directory_), ended_unsynced_ >= kEndedFilesMax));
    }
  }
  return {};
}

Status FileSinkWriter::EndOldParts() {
  if (settings_.roll_nanos == INT64_MAX) return {};
  const int64_t now = clock_->MonotonicNanos();
  for (auto part = open_.begin(); part != open_.end();) {
    const auto next = std::next(part);
    if (now - part->second.opened_nanos >= settings_.roll_nanos) {
      RETURN_IF_ERROR(EndPart(part, ended_unsynced_ >= kEndedFilesMax));
    }
    part = next;
  }
  return {};
}

Result<PartFile*> FileSinkWriter::FileFor(const RecordBatch& batch, int32_t row) {
  if (!partition_columns_.empty()) SetDirectory(batch, row);
  if (current_ == nullptr || current_directory_ != directory_) {
    auto found = open_.find(directory_);
    if (found == open_.end()) {
      RETURN_IF_ERROR(OpenPart());
      found = open_.find(directory_);
    }
    current_ = &found->second;
    current_directory_ = directory_;
    current_->used = ++uses_;
  }
  return current_->file.get();
}

void FileSinkWriter::SetDirectory(const RecordBatch& batch, int32_t row) {
  directory_.clear();
  for (const size_t column : partition_columns_) {
    value_.clear();
    const bool is_null = batch.IsNull(column, row);
    if (!is_null) AppendText(value_, batch, schema_[column].type, column, row);
    if (!directory_.empty()) directory_ += '/';
    directory_ += DirectoryName(schema_[column].name, value_, is_null);
  }
}

Status FileSinkWriter::OpenPart() {
  if (open_.size() >= kOpenFilesMax) {
    const auto oldest = std::min_element(
        open_.begin(), open_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    RETURN_IF_ERROR(EndPart(oldest, true));
  }
  const auto numbered = next_number_.find(directory_);
  uint64_t number = 0;
  if (numbered != next_number_.end()) {
    number = numbered->second;
  } else {
    ASSIGN_OR_RETURN(number, FirstNumber());
  }
  Part part;
  part.directory = directory_;
  part.name = MakePartName({subtask_, number}, extension_);
  part.opened_nanos = clock_->MonotonicNanos();
  const std::string name = MakeUnfinishedName({part.name, owner_tag_, writer_tag_});
  const std::string path = settings_.Below(directory_.empty() ? name : directory_ + "/" + name);
  ASSIGN_OR_RETURN(part.file, CreateFile(path));
  next_number_[directory_] = number + 1;
  Part& opened = open_[directory_] = std::move(part);
  return opened.file->Append(encoder_->Header());
}

// A partition that is empty at the instant may be removed by who takes down another subtask.
Result<std::unique_ptr<PartFile>> FileSinkWriter::CreateFile(const std::string& path) const {
  for (int tries = 1;; ++tries) {
    const Status made =
        MakeDirectoriesOneByOne(*files_, settings_.Below(directory_), settings_.path);
    Result<std::unique_ptr<PartFile>> file =
        made ? PartFile::Create(files_, path, settings_.compression)
             : std::unexpected(made.error());
    const bool is_gone = !file && file.error().code == ErrorCode::kNotFound;
    if (!is_gone || tries == kCreateTriesMax) return file;
  }
}

// Behind those that are there already, under their final names or on their way to one, whoever
// wrote them. Only the first unit that replaces an earlier run's files takes over their names: a
// later one must not, because committing the first one again removes what it replaces.
Result<uint64_t> FileSinkWriter::FirstNumber() const {
  if (replaces_ && !sealed_once_) return 0;
  uint64_t next = 0;
  if (const auto taken = taken_.find(directory_); taken != taken_.end()) next = taken->second;
  // A file that gets its final name just now may be in neither place of a list, but not of two.
  for (int look = 0; look < 2; ++look) {
    const Result<std::vector<FileInfo>> entries = files_->List(settings_.Below(directory_));
    if (!entries) {
      if (entries.error().code == ErrorCode::kNotFound) return next;
      return std::unexpected(entries.error());
    }
    for (const FileInfo& entry : *entries) {
      const std::string_view name = FileNameOf(entry.path);
      std::optional<PartName> part = ParsePartName(name);
      if (const auto unfinished = ParseUnfinishedName(name)) part = ParsePartName(unfinished->part);
      if (part && part->subtask == subtask_) next = std::max(next, part->number + 1);
    }
  }
  return next;
}

Status FileSinkWriter::EndPart(OpenParts::iterator part, bool sync) {
  if (current_ == &part->second) current_ = nullptr;
  ended_.push_back(std::move(part->second));
  open_.erase(part);
  PartFile& file = *ended_.back().file;
  RETURN_IF_ERROR(file.End());
  if (sync) return file.Sync();
  ++ended_unsynced_;
  return {};
}

Result<std::string> FileSinkWriter::Seal() {
  {
    // No later checkpoint could be complete: what is lost must be written anew, from the last one.
    const std::lock_guard lock(mutex_);
    if (lost_.has_value()) return std::unexpected(*lost_);
  }
  while (!open_.empty()) RETURN_IF_ERROR(EndPart(open_.begin(), false));
  SealedUnit unit;
  for (const Part& part : ended_) {
    SealedFile& file = unit.files.emplace_back();
    file.unfinished = part.file->path().substr(settings_.path.size() + 1);
    file.final_path = part.directory.empty() ? part.name : part.directory + "/" + part.name;
    file.size_bytes = part.file->size_bytes();
  }
  unit.replaced = std::move(replaced_);
  replaced_.clear();
  sealed_once_ = true;
  for (const auto& [directory, taken] : taken_) {
    const auto next = next_number_.find(directory);
    if (next != next_number_.end()) next->second = std::max(next->second, taken);
  }
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    for (Part& part : ended_) {
      sealed_directories_.insert(settings_.Below(part.directory));
      if (!part.file->is_synced()) sealed_.push_back(std::move(part.file));
    }
    full = sealed_.size() > kSealedFilesMax;
  }
  ended_.clear();
  ended_unsynced_ = 0;
  if (full) RETURN_IF_ERROR(Persist());
  return unit.empty() ? std::string() : EncodeSealedUnit(unit);
}

Status FileSinkWriter::Persist() {
  const std::lock_guard one(persist_mutex_);
  std::vector<std::unique_ptr<PartFile>> parts;
  std::set<std::string> directories;
  {
    const std::lock_guard lock(mutex_);
    parts.swap(sealed_);
    directories.swap(sealed_directories_);
  }
  for (const std::unique_ptr<PartFile>& part : parts) {
    if (persisted_) persisted_ = FLINKC_FAILPOINT_STATUS("sink.sync");
    if (persisted_) persisted_ = part->Sync();
  }
  for (const std::string& directory : directories) {
    if (persisted_) persisted_ = files_->SyncDirectory(directory);
  }
  if (!persisted_) {
    const std::lock_guard lock(mutex_);
    lost_ = persisted_.error();
  }
  return persisted_;
}

void FileSinkWriter::RemovePart(const Part& part) const {
  part.file->Remove();
  RemoveEmptyPartitions(*files_, settings_, part.directory);
}

void FileSinkWriter::Abort() {
  for (const auto& [directory, part] : open_) RemovePart(part);
  for (const Part& part : ended_) RemovePart(part);
  open_.clear();
  ended_.clear();
  current_ = nullptr;
}

}  // namespace flinkc
