#include "runtime/jobmanager/high_availability_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "runtime/data/parse_proto.h"
#include "runtime/env/checked_record.h"
#include "runtime/env/whole_file.h"

namespace flinkc {

namespace {

constexpr std::string_view kJobs = "jobs";
constexpr std::string_view kResults = "results";
constexpr std::string_view kDamaged = "damaged";
constexpr std::string_view kEpochPrefix = "epoch-";
constexpr int64_t kFileBytesMax = int64_t{1} << 30;

constexpr RecordFormat kJobFormat{"FLKJ", "JKLF", 1, "job of a JobManager"};
constexpr RecordFormat kResultFormat{"FLKR", "RKLF", 1, "result of a job"};

const RecordFormat& FormatOf(std::string_view kind) {
  return kind == kJobs ? kJobFormat : kResultFormat;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string EpochPath(const std::string& directory, uint64_t epoch) {
  return fmt::format("{}/{}{}", directory, kEpochPrefix, epoch);
}

std::optional<uint64_t> EpochOf(std::string_view name) {
  if (!name.starts_with(kEpochPrefix)) return std::nullopt;
  name.remove_prefix(kEpochPrefix.size());
  uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), epoch);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return epoch;
}

// A name cannot be damaged, and the largest one is never removed. Whoever led before sees that his
// own is gone.
Result<uint64_t> TakeTheLead(FileSystem& files, const std::string& directory) {
  // What is seen may not last yet; what is built on it must not be there without it.
  RETURN_IF_ERROR(files.SyncDirectory(directory));
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, files.List(directory));
  std::set<uint64_t> former;
  for (const FileInfo& entry : entries) {
    if (const auto epoch = EpochOf(BaseName(entry.path))) former.insert(*epoch);
  }
  const uint64_t epoch = former.empty() ? 1 : *former.rbegin() + 1;
  ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file,
                   files.Create(EpochPath(directory, epoch)));
  RETURN_IF_ERROR(file->Close());
  RETURN_IF_ERROR(files.SyncDirectory(directory));
  for (const uint64_t one : former) RETURN_IF_ERROR(files.Remove(EpochPath(directory, one)));
  RETURN_IF_ERROR(files.SyncDirectory(directory));
  return epoch;
}

}  // namespace

Result<std::unique_ptr<HighAvailabilityStore>> HighAvailabilityStore::Open(FileSystem* files,
                                                                           std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  RETURN_IF_ERROR(MakePrivateDirectory(*files, directory));
  for (const std::string_view kind : {kJobs, kResults, kDamaged}) {
    RETURN_IF_ERROR(MakeDirectoriesOneByOne(*files, fmt::format("{}/{}", directory, kind)));
  }
  Result<std::unique_ptr<FileLock>> lock = files->Lock(directory + "/lock");
  if (!lock && lock.error().code == ErrorCode::kUnavailable) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("another JobManager keeps its jobs in {}; end that one, or give "
                                 "this one a directory of its own with --ha-dir",
                                 directory));
  }
  if (!lock) return std::unexpected(std::move(lock).error());
  ASSIGN_OR_RETURN(const uint64_t epoch, TakeTheLead(*files, directory));
  return std::unique_ptr<HighAvailabilityStore>(
      new HighAvailabilityStore(files, std::move(directory), *std::move(lock), epoch));
}

Status HighAvailabilityStore::CheckLeads() const {
  const Result<FileInfo> info = files_.Info(EpochPath(directory_, epoch_));
  if (info) return {};
  if (info.error().code != ErrorCode::kNotFound) return std::unexpected(info.error());
  return MakeError(ErrorCode::kUnavailable,
                   fmt::format("another JobManager has taken over the jobs in {}", directory_));
}

std::string HighAvailabilityStore::PathOf(std::string_view kind, std::string_view job_id) const {
  return fmt::format("{}/{}/{}", directory_, kind, job_id);
}

template <typename Message, typename IdOf>
Status HighAvailabilityStore::Read(std::string_view kind, const IdOf& id_of,
                                   std::vector<Message>* found, std::vector<std::string>* damaged) {
  const std::string directory = fmt::format("{}/{}", directory_, kind);
  // What a crash has left half done must not come to light later.
  RETURN_IF_ERROR(files_.SyncDirectory(directory));
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, files_.List(directory));
  for (const FileInfo& entry : entries) {
    const std::string_view name = BaseName(entry.path);
    if (name.ends_with(kAsideSuffix)) {
      RETURN_IF_ERROR(files_.Remove(entry.path));
      continue;
    }
    const auto read = [&]() -> Result<Message> {
      ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(files_, entry.path, kFileBytesMax));
      ASSIGN_OR_RETURN(const std::string_view body, DecodeRecord(FormatOf(kind), bytes));
      Message message;
      if (!ParseProto(body, &message)) {
        return MakeError(ErrorCode::kCorrupt, "its checksum is right, but it cannot be parsed");
      }
      if (id_of(message) != name) {
        return MakeError(ErrorCode::kCorrupt,
                         fmt::format("it is of another job, {}", id_of(message)));
      }
      return message;
    };
    Result<Message> message = read();
    if (message) {
      found->push_back(*std::move(message));
    } else if (message.error().code == ErrorCode::kCorrupt ||
               message.error().code == ErrorCode::kInvalidArgument) {
      const std::string aside = PathOf(kDamaged, name);
      RETURN_IF_ERROR(files_.Rename(entry.path, aside));
      damaged->push_back(fmt::format("{} cannot be used and was set aside as {}: {}", entry.path,
                                     aside, message.error().message));
    } else {
      return std::unexpected(std::move(message).error().WithContext("cannot read " + entry.path));
    }
  }
  return {};
}

Result<FormerJobs> HighAvailabilityStore::Find() {
  FormerJobs former;
  RETURN_IF_ERROR(Read(
      kJobs, [](const proto::StoredJob& job) { return job.job_id(); }, &former.jobs,
      &former.damaged));
  RETURN_IF_ERROR(Read(
      kResults, [](const proto::StoredResult& result) { return result.description().job_id(); },
      &former.results, &former.damaged));
  std::ranges::sort(former.jobs, {}, [](const proto::StoredJob& job) {
    return std::pair<int64_t, const std::string&>(job.submitted_at(), job.job_id());
  });
  std::ranges::sort(former.results, {}, [](const proto::StoredResult& result) {
    const protocol::JobDescription& job = result.description();
    return std::pair<int64_t, const std::string&>(job.end_time(), job.job_id());
  });
  results_.clear();
  for (const proto::StoredResult& result : former.results) {
    results_.push_back(result.description().job_id());
  }
  return former;
}

Status HighAvailabilityStore::Keep(const proto::StoredJob& job) {
  return WriteWholeFile(files_, PathOf(kJobs, job.job_id()),
                        EncodeRecord(kJobFormat, job.SerializeAsString()));
}

Status HighAvailabilityStore::KeepResult(const proto::StoredResult& result) {
  const std::string& job_id = result.description().job_id();
  RETURN_IF_ERROR(WriteWholeFile(files_, PathOf(kResults, job_id),
                                 EncodeRecord(kResultFormat, result.SerializeAsString())));
  results_.push_back(job_id);
  RemoveOldResults();
  return {};
}

// What cannot be removed now is when the next one takes over.
void HighAvailabilityStore::RemoveOldResults() {
  while (results_.size() > kResultsMax) {
    if (!files_.Remove(PathOf(kResults, results_.front()))) return;
    results_.pop_front();
  }
}

Status HighAvailabilityStore::Forget(const std::string& job_id) {
  RETURN_IF_ERROR(files_.Remove(PathOf(kJobs, job_id)));
  return files_.SyncDirectory(fmt::format("{}/{}", directory_, kJobs));
}

Status HighAvailabilityStore::SetAside(const std::string& job_id) {
  return files_.Rename(PathOf(kJobs, job_id), PathOf(kDamaged, job_id));
}

}  // namespace flinkc
