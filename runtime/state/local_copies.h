// Copies of a job's state files on the own disk of one TaskManager, which tasks that start again
// there go on from (docs/adr/0023-local-copies-of-state.md). They save time and nothing else:
// whatever happens to them is no error of a checkpoint or of a restore.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/env/storage.h"

namespace flinkc {

// What has come of the copies of a TaskManager, in files, since it started. Any thread.
struct LocalCopyCounts {
  std::atomic<uint64_t> read{0};         // that tasks went on from
  std::atomic<uint64_t> passed_over{0};  // missing or damaged: the checkpoint's own was read
  std::atomic<uint64_t> failed{0};       // could not be made
};

// Of one job. Thread-safe. A file goes by its name in checkpoints, relative to their directory,
// which no two files ever share.
class LocalCopies {
 public:
  using Log = std::function<void(const std::string&)>;

  // `directory` is there, and goes with the copies. `disk`: the machine's own. It and `counts` must
  // outlive them.
  LocalCopies(std::string directory, std::string job_name, FileSystem* disk,
              LocalCopyCounts* counts, Log log);
  ~LocalCopies();
  LocalCopies(const LocalCopies&) = delete;
  LocalCopies& operator=(const LocalCopies&) = delete;

  // The copy of a file that is being written; there is none until Finish. One thread.
  class Writer {
   public:
    Writer(LocalCopies* copies, const std::string& path, const std::string& file);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void Append(std::string_view bytes);
    void Finish();

   private:
    void GiveUp(const Error& error);

    LocalCopies& copies_;
    const std::string file_;
    std::unique_ptr<FileWriter> writer_;
    bool is_open_ = true;  // or linked, and neither finished nor given up
    uint64_t size_bytes_ = 0;
  };
  // `path`: the file itself, still empty. On one file system its copy is a second name of it.
  // nullptr: there is one, or there are to be none.
  std::unique_ptr<Writer> Begin(const std::string& path, const std::string& file);
  // Of a file of a database, whole, at `path`: linked if it is `immutable` and can be. Nothing if
  // there is a copy.
  void Add(const std::string& path, const std::string& file, bool immutable);

  // A subtask's part of this checkpoint is on the disk: called where its files were written, behind
  // them, as is OnComplete, so that none is dropped in between.
  void OnWritten(uint64_t checkpoint, const proto::SubtaskSnapshot& snapshot);
  // Drops what neither it nor a later one refers to. Of one that was not written here (a savepoint)
  // it means nothing.
  void OnComplete(uint64_t checkpoint);
  // Nor will it be: what it alone refers to goes.
  void OnAborted(uint64_t checkpoint);
  // Of an attempt that is over: the same of all that are not known to be complete. As OnComplete.
  void DropUnfinished();
  // Drops all, for good.
  void Close();

  // Tasks start again: from now on the first copy that is missing is logged, and the first that is
  // damaged.
  void BeginRestore();
  struct Copy {
    std::string path;
    std::unique_ptr<FileReader> reader;
  };
  // Nothing, and counted: there is none that is whole.
  std::optional<Copy> Open(const std::string& file);
  // The copy is not what the checkpoint says.
  void Discard(const std::string& file, const Error& why);
  void CountRead() { ++counts_.read; }

 private:
  std::string PathOf(const std::string& file) const;
  std::optional<uint64_t> SizeOf(const std::string& file) const;
  bool Wants(const std::string& file) const;
  void Insert(const std::string& file, uint64_t size_bytes);
  Result<uint64_t> CopyFile(const std::string& from, const std::string& to);
  // With the mutex.
  void DropUnreferred();
  void OnFailed(const Error& error);
  void OnPassedOver(const std::string& file, const std::string& why, std::atomic<bool>* told);

  // Constant after construction.
  const std::string directory_;
  const std::string job_name_;
  FileSystem& disk_;
  LocalCopyCounts& counts_;
  const Log log_;
  // Any thread.
  std::atomic<bool> told_failed_{false};
  std::atomic<bool> told_missing_{false};
  std::atomic<bool> told_damaged_{false};
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  bool is_closed_ = false;
  std::map<std::string, uint64_t> sizes_;              // bytes, by file
  std::map<uint64_t, std::set<std::string>> written_;  // files, by checkpoint
  uint64_t complete_ = 0;                              // the newest known to be
};

}  // namespace flinkc
