#include "runtime/state/local_copies.h"

#include <fmt/format.h>

#include <utility>

namespace flinkc {

LocalCopies::LocalCopies(std::string directory, std::string job_name, FileSystem* disk,
                         LocalCopyCounts* counts, Log log)
    : directory_(std::move(directory)),
      job_name_(std::move(job_name)),
      disk_(*disk),
      counts_(*counts),
      log_(std::move(log)) {}

LocalCopies::~LocalCopies() { Close(); }

// Names are never used twice, whatever directory they stand in.
std::string LocalCopies::PathOf(const std::string& file) const {
  return directory_ + "/" + file.substr(file.rfind('/') + 1);
}

std::optional<uint64_t> LocalCopies::SizeOf(const std::string& file) const {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(file);
  return found == sizes_.end() ? std::nullopt : std::optional(found->second);
}

bool LocalCopies::Wants(const std::string& file) const {
  const std::lock_guard lock(mutex_);
  return !is_closed_ && !sizes_.contains(file);
}

void LocalCopies::Insert(const std::string& file, uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) {
    static_cast<void>(disk_.Remove(PathOf(file)));
  } else {
    sizes_[file] = size_bytes;
  }
}

void LocalCopies::OnFailed(const Error& error) {
  ++counts_.failed;
  if (told_failed_.exchange(true) || !log_) return;
  log_(fmt::format("job `{}`: local copies of its state cannot be made, and it goes on without: {}",
                   job_name_, error.message));
}

void LocalCopies::OnPassedOver(const std::string& file, const std::string& why,
                               std::atomic<bool>* told) {
  ++counts_.passed_over;
  if (told->exchange(true) || !log_) return;
  log_(fmt::format("job `{}`: the checkpoint's own {} is read, not the local copy: {}", job_name_,
                   file, why));
}

// What had the name would be written through to, if it were a link.
LocalCopies::Writer::Writer(LocalCopies* copies, const std::string& path, const std::string& file)
    : copies_(*copies), file_(file) {
  const std::string copy = copies_.PathOf(file);
  static_cast<void>(copies_.disk_.Remove(copy));
  if (copies_.disk_.Link(path, copy)) return;
  Result<std::unique_ptr<FileWriter>> writer = copies_.disk_.Create(copy);
  if (writer) {
    writer_ = *std::move(writer);
  } else {
    GiveUp(writer.error());
  }
}

LocalCopies::Writer::~Writer() {
  if (is_open_) static_cast<void>(copies_.disk_.Remove(copies_.PathOf(file_)));
}

void LocalCopies::Writer::Append(std::string_view bytes) {
  if (!is_open_) return;
  size_bytes_ += bytes.size();
  if (writer_ == nullptr) return;
  if (const Status appended = writer_->Append(bytes); !appended) GiveUp(appended.error());
}

void LocalCopies::Writer::Finish() {
  if (!is_open_) return;
  if (writer_ != nullptr) {
    if (const Status closed = writer_->Close(); !closed) return GiveUp(closed.error());
  }
  is_open_ = false;
  copies_.Insert(file_, size_bytes_);
}

void LocalCopies::Writer::GiveUp(const Error& error) {
  is_open_ = false;
  writer_.reset();
  static_cast<void>(copies_.disk_.Remove(copies_.PathOf(file_)));
  copies_.OnFailed(error);
}

std::unique_ptr<LocalCopies::Writer> LocalCopies::Begin(const std::string& path,
                                                        const std::string& file) {
  if (!Wants(file)) return nullptr;
  return std::make_unique<Writer>(this, path, file);
}

Result<uint64_t> LocalCopies::CopyFile(const std::string& from, const std::string& to) {
  constexpr size_t kBufferBytes = size_t{1} << 20;
  ASSIGN_OR_RETURN(const std::unique_ptr<FileReader> reader, disk_.Open(from));
  ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> writer, disk_.Create(to));
  std::string buffer(kBufferBytes, '\0');
  int64_t copied = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t read, reader->ReadAt(copied, buffer));
    if (read == 0) break;
    RETURN_IF_ERROR(writer->Append({buffer.data(), read}));
    copied += static_cast<int64_t>(read);
  }
  RETURN_IF_ERROR(writer->Close());
  return static_cast<uint64_t>(copied);
}

void LocalCopies::Add(const std::string& path, const std::string& file, bool immutable) {
  if (!Wants(file)) return;
  const std::string to = PathOf(file);
  static_cast<void>(disk_.Remove(to));
  if (immutable && disk_.Link(path, to)) {
    if (const Result<FileInfo> info = disk_.Info(to)) {
      return Insert(file, static_cast<uint64_t>(info->size_bytes));
    }
    static_cast<void>(disk_.Remove(to));
  }
  const Result<uint64_t> copied = CopyFile(path, to);
  if (copied) return Insert(file, *copied);
  static_cast<void>(disk_.Remove(to));
  OnFailed(copied.error());
}

void LocalCopies::OnWritten(uint64_t checkpoint, const proto::SubtaskSnapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  std::set<std::string>& files = written_[checkpoint];
  for (const proto::StateSnapshot& state : snapshot.states()) {
    files.insert(state.segment_files().begin(), state.segment_files().end());
  }
  for (const proto::StoreHandle::File& file : snapshot.store().files()) files.insert(file.file());
}

void LocalCopies::OnComplete(uint64_t checkpoint) {
  const std::lock_guard lock(mutex_);
  if (!written_.contains(checkpoint)) return;
  complete_ = checkpoint;
  written_.erase(written_.begin(), written_.find(checkpoint));
  DropUnreferred();
}

void LocalCopies::OnAborted(uint64_t checkpoint) {
  const std::lock_guard lock(mutex_);
  if (written_.erase(checkpoint) != 0) DropUnreferred();
}

void LocalCopies::DropUnfinished() {
  const std::lock_guard lock(mutex_);
  written_.erase(written_.upper_bound(complete_), written_.end());
  DropUnreferred();
}

void LocalCopies::DropUnreferred() {
  std::erase_if(sizes_, [&](const auto& entry) {
    for (const auto& [id, files] : written_) {
      if (files.contains(entry.first)) return false;
    }
    static_cast<void>(disk_.Remove(PathOf(entry.first)));
    return true;
  });
}

void LocalCopies::Close() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_closed_, true)) return;
  // What is being written is removed by its writer.
  for (const auto& [file, size] : sizes_) static_cast<void>(disk_.Remove(PathOf(file)));
  sizes_.clear();
  written_.clear();
  static_cast<void>(disk_.RemoveDirectory(directory_));
}

void LocalCopies::BeginRestore() {
  told_missing_.store(false);
  told_damaged_.store(false);
}

std::optional<LocalCopies::Copy> LocalCopies::Open(const std::string& file) {
  const std::optional<uint64_t> size_bytes = SizeOf(file);
  if (!size_bytes) {
    OnPassedOver(file, "there is none", &told_missing_);
    return std::nullopt;
  }
  const std::string path = PathOf(file);
  Result<std::unique_ptr<FileReader>> reader = disk_.Open(path);
  if (!reader) {
    Discard(file, reader.error());
    return std::nullopt;
  }
  const auto size = static_cast<uint64_t>((*reader)->size());
  if (size != *size_bytes) {
    Discard(file, {ErrorCode::kCorrupt,
                   fmt::format("{} has {} bytes, and {} were written", path, size, *size_bytes)});
    return std::nullopt;
  }
  return Copy{path, *std::move(reader)};
}

void LocalCopies::Discard(const std::string& file, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    sizes_.erase(file);
  }
  static_cast<void>(disk_.Remove(PathOf(file)));
  OnPassedOver(file, why.message, &told_damaged_);
}

}  // namespace flinkc
