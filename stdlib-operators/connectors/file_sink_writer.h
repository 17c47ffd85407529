// The files of one subtask of a `file` sink from the first row to the seal. At every barrier all
// open files end and become one SealedUnit; `roll` only makes more files of it. (A file that stayed
// open over a barrier would, after a crash, hold rows that the checkpoint does not know, and could
// not be cut off where it is packed.)
//
// The worker writes by itself: a write goes to the system's memory, 256 KiB at a time; Persist,
// on another thread, waits for the disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/connector/sink.h"
#include "stdlib-operators/connectors/file_sink_settings.h"
#include "stdlib-operators/connectors/part_file.h"
#include "stdlib-operators/connectors/sealed_unit.h"
#include "stdlib-operators/formats/row_encoder.h"

namespace flinkc {

class FileSinkWriter final : public SinkWriter {
 public:
  FileSinkWriter(const SinkContext& context, FileSinkSettings settings,
                 std::unique_ptr<RowEncoder> encoder);
  ~FileSinkWriter() override { FileSinkWriter::Abort(); }

  // Before anything else. Looks at what is there already.
  Status Open();

  Status Write(const BatchPtr& batch) override;
  Result<std::string> Seal() override;
  Status Persist() override;
  void Abort() override;

 private:
  // More would use up the process's file descriptors.
  static constexpr int kCreateTriesMax = 5;
  static constexpr size_t kOpenFilesMax = 128;    // written to: the least recently used ends
  static constexpr size_t kEndedFilesMax = 64;    // not sealed: the next one is synced at once
  static constexpr size_t kSealedFilesMax = 256;  // not persisted: the worker does it itself

  struct Part {
    std::unique_ptr<PartFile> file;
    std::string directory;  // relative
    std::string name;       // the final one
    int64_t opened_nanos = 0;
    uint64_t used = 0;
  };
  using OpenParts = std::map<std::string, Part>;  // by directory

  Result<PartFile*> FileFor(const RecordBatch& batch, int32_t row);
  void SetDirectory(const RecordBatch& batch, int32_t row);
  Status OpenPart();
  Result<std::unique_ptr<PartFile>> CreateFile(const std::string& path) const;
  Result<uint64_t> FirstNumber() const;
  // Ends the part, which leaves open_.
  Status EndPart(OpenParts::iterator part, bool sync);
  Status EndOldParts();
  void RemovePart(const Part& part) const;

  // Constant after construction.
  const Schema schema_;
  const uint32_t subtask_;
  const uint32_t parallelism_;
  const bool replaces_;  // part files that are there when the job begins
  const FileSinkSettings settings_;
  FileSystem* const files_;
  const Clock* const clock_;
  const std::unique_ptr<RowEncoder> encoder_;
  const std::string extension_;
  const std::string owner_tag_;
  const std::string writer_tag_;
  std::vector<size_t> partition_columns_;
  // Worker thread only.
  std::vector<ReplacedFile> replaced_;     // of the first unit
  std::map<std::string, uint64_t> taken_;  // by directory: behind the numbers of replaced files
  bool sealed_once_ = false;
  OpenParts open_;
  std::vector<Part> ended_;  // in this unit
  size_t ended_unsynced_ = 0;
  std::map<std::string, uint64_t> next_number_;  // by directory
  Part* current_ = nullptr;                      // of directory_, in open_
  std::string current_directory_;
  std::string directory_;
  std::string value_;
  std::string line_;
  uint64_t uses_ = 0;
  // One Persist at a time. Taken before mutex_.
  std::mutex persist_mutex_;
  Status persisted_;  // guarded by persist_mutex_; an error stays: what was to be synced is lost
  std::mutex mutex_;
  // Guarded by mutex_: what is sealed and not persisted.
  std::vector<std::unique_ptr<PartFile>> sealed_;
  std::set<std::string> sealed_directories_;
  // Guarded by mutex_: persisted_, when it is an error.
  std::optional<Error> lost_;
};

}  // namespace flinkc
