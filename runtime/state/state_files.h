// Segments in files of the checkpoint directory, written and read through a FileSystem.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/env/storage.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/state_writer.h"

namespace flinkc {

// `<directory>/<path>`, made when the first bytes come. One thread.
class StateFileWriter final : public StateFileSink {
 public:
  StateFileWriter(FileSystem* files, std::string directory, std::string path)
      : files_(files), directory_(std::move(directory)), path_(std::move(path)) {}

  Status Append(std::string_view bytes) override;
  Status Finish() override;
  const std::string& path() const override { return path_; }

 private:
  FileSystem* const files_;
  const std::string directory_;
  const std::string path_;
  std::unique_ptr<FileWriter> writer_;
};

// Files below `directory`, each opened once. One thread.
class StateFileReader final : public SegmentSource {
 public:
  // `referable`: the directory is that of the checkpoints to come.
  StateFileReader(FileSystem* files, std::string directory, bool referable = false)
      : files_(files), directory_(std::move(directory)), referable_(referable) {}

  Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) override;
  std::shared_ptr<const StateFile> FileOf(const std::string& file) override;

 private:
  struct Opened {
    std::unique_ptr<FileReader> reader;
    std::shared_ptr<StateFile> file;  // made when it is asked for
  };

  FileSystem* const files_;
  const std::string directory_;
  const bool referable_;
  std::map<std::string, Opened> opened_;
};

}  // namespace flinkc
