// A file system in memory that loses, at a crash, what a disk may lose, and fails when it is told
// to: the world in which the crash tests of checkpoints live. Everything that is left to chance is
// drawn from the seed.
//
//   what was not synced      at a crash
//   bytes of a file          any prefix of them is there, the rest is gone or garbage
//   a new name, a removal,   each of them, by itself, has happened or not
//   a rename
//   bytes after a failed     as unsynced, even if a later Sync of the file succeeds
//   Sync
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/env/storage.h"

namespace flinkc {

// What goes wrong while the process lives. Chances from 0 to 1, drawn at each operation.
struct SimulatedFaults {
  double write_fails = 0;      // Create, Append, Link: kIo
  double read_fails = 0;       // Open, ReadAt, List, Info: kIo
  double sync_fails = 0;       // Sync of a file: kIo, and the bytes are as good as lost
  double sync_directory_fails = 0;
  double rename_unknown = 0;   // kIo, although half of them have happened
  double remove_fails = 0;
  int64_t capacity_bytes = INT64_MAX;  // kNoSpace above
};

// Thread-safe.
class SimulatedFileSystem final : public FileSystem {
 public:
  explicit SimulatedFileSystem(uint64_t seed);
  ~SimulatedFileSystem() override;

  Result<std::unique_ptr<FileWriter>> Create(const std::string& path) override;
  Result<std::unique_ptr<FileReader>> Open(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveDirectory(const std::string& directory) override;
  Result<FileInfo> Info(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Status MakeDirectories(const std::string& directory) override;
  Status SyncDirectory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

  void SetFaults(const SimulatedFaults& faults);
  // The operation number `steps` from now that changes anything (0: the next) and all after it do
  // nothing but fail with kIo, as if the process had died there, until Restart.
  void CrashAfter(int64_t steps);
  // The `steps`-th changing operation from now fails with `code`, once.
  void FailAfter(int64_t steps, ErrorCode code);
  bool crashed() const;
  // Operations that changed something, so far.
  int64_t steps() const;
  // The process has died and another one looks: applies the losses, lets go of all locks, takes
  // back CrashAfter and FailAfter. The faults stay.
  void Restart();
  // The process has died, the machine has not: nothing is lost but the locks.
  void RestartWithoutLoss();

  // Damage from outside. The file must be there.
  void FlipBits(const std::string& path, int64_t offset, uint8_t mask);
  void Truncate(const std::string& path, int64_t bytes);
  // What a reader of the file would see; nothing: it is not there. Without faults.
  std::optional<std::string> Peek(const std::string& path) const;
  // Every file, in order of path, with what a reader would see; without faults.
  std::map<std::string, std::string> Files() const;

 private:
  friend class SimulatedWriter;
  friend class SimulatedReader;
  friend class SimulatedLock;
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  // A change of names that is not durable yet: `from` goes out of `from_directory`, `node` comes
  // into `to_directory` as `to`; either directory may be null.
  struct Change {
    NodePointer from_directory, to_directory;
    std::string from, to;
    NodePointer node;
  };

  Status Step(double chance, std::string_view what, const std::string& path);
  Status Refuse(double chance, std::string_view what, const std::string& path);
  bool Draw(double chance);
  NodePointer Find(const std::string& path) const;
  Result<NodePointer> FindDirectoryOf(const std::string& path) const;
  void Apply(Change change);
  Status SyncNames(const NodePointer& directory, const std::string& path);
  static void Replay(const Change& change, bool durable);
  void ForgetUnsynced(const NodePointer& node);
  int64_t UsedBytes() const;
  void ForEachFile(const NodePointer& node, const std::string& path,
                   const std::function<void(const std::string&, const Node&)>& visit) const;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::mt19937_64 random_;
  NodePointer root_;
  std::vector<Change> changes_;
  std::map<std::string, int64_t> locks_;  // path -> the life that holds it
  SimulatedFaults faults_;
  int64_t life_ = 0;
  int64_t steps_ = 0;
  int64_t crash_at_ = INT64_MAX;
  int64_t fail_at_ = INT64_MAX;
  ErrorCode fail_code_ = ErrorCode::kIo;
  bool crashed_ = false;
};

}  // namespace flinkc
