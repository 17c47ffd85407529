// Gives what FileSinkWriters have sealed its final names. Whatever instant a crash comes at, the
// same call again finishes the work: a rename is either done or not, and which of the two shows.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "runtime/connector/sink.h"
#include "stdlib-operators/connectors/file_sink_settings.h"
#include "stdlib-operators/connectors/sealed_unit.h"

namespace flinkc {

// Thread-safe.
class FileSinkCommitter final : public SinkCommitter {
 public:
  FileSinkCommitter(const SinkCommitterContext& context, FileSinkSettings settings);

  // kCorrupt: no unit of a file sink, or a file has not the size that was sealed. kNotFound: a file
  // has neither its unfinished nor its final name. kAlreadyExists: another writer has taken the
  // final name; nothing is written over.
  Status Commit(const std::vector<std::string>& sealed) override;
  Status Check(const std::vector<std::string>& sealed) override;
  Status TakeBack(const std::vector<std::string>& sealed,
                  const std::vector<std::string>& kept) override;
  Status RemoveLeftovers(const std::vector<std::string>& sealed,
                         const std::set<uint32_t>* subtasks) override;

 private:
  Result<std::vector<SealedUnit>> Decode(const std::vector<std::string>& sealed) const;
  // Whether it still has its unfinished name; otherwise it has the final one.
  Result<bool> IsUnfinished(const SealedUnit& unit, const SealedFile& file) const;
  Status TakeBackFile(const SealedFile& file, bool keep) const;
  Status RemoveReplaced(const std::vector<SealedUnit>& units) const;

  // Constant after construction.
  const FileSinkSettings settings_;
  const std::string owner_tag_;
  FileSystem* const files_;
  std::mutex mutex_;  // one call at a time
};

}  // namespace flinkc
