// Segments in files of the checkpoint directory, written and read through a FileSystem.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/env/storage.h"
#include "runtime/state/local_copies.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/state_writer.h"

namespace flinkc {

// `<directory>/<path>`, made when the first bytes come. One thread.
class StateFileWriter final : public StateFileSink {
 public:
  // `copies`: a copy of it is kept there too; nullptr: none is.
  StateFileWriter(FileSystem* files, std::string directory, std::string path,
                  LocalCopies* copies = nullptr)
      : files_(files), directory_(std::move(directory)), path_(std::move(path)), copies_(copies) {}

  Status Append(std::string_view bytes) override;
  Status Finish() override;
  const std::string& path() const override { return path_; }

 private:
  FileSystem* const files_;
  const std::string directory_;
  const std::string path_;
  LocalCopies* const copies_;
  std::unique_ptr<FileWriter> writer_;
  std::unique_ptr<LocalCopies::Writer> copy_;
};

// Files below `directory`, each opened once. One thread.
class StateFileReader final : public SegmentSource {
 public:
  // `referable`: the directory is that of the checkpoints to come. `copies`: a file is read from
  // there as long as its copy is good; nullptr: there are none.
  StateFileReader(FileSystem* files, std::string directory, bool referable = false,
                  LocalCopies* copies = nullptr)
      : files_(files), directory_(std::move(directory)), referable_(referable), copies_(copies) {}
  // Counts the copies that were good to the end.
  ~StateFileReader() override;

  Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) override;
  bool GiveUpCopy(const std::string& file, const Error& why) override;
  std::shared_ptr<const StateFile> FileOf(const std::string& file) override;

 private:
  struct Opened {
    std::unique_ptr<FileReader> reader;
    std::string path;
    bool is_copy = false;
    bool had_copy = false;            // it was asked for once
    std::shared_ptr<StateFile> file;  // made when it is asked for
  };
  Status Open(const std::string& file, Opened* opened);

  FileSystem* const files_;
  const std::string directory_;
  const bool referable_;
  LocalCopies* const copies_;
  std::map<std::string, Opened> opened_;
};

}  // namespace flinkc
