#include "stdlib-operators/connectors/file_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include "runtime/connector/option_values.h"
#include "runtime/data/text_writer.h"
#include "runtime/env/file_system.h"
#include "stdlib-operators/connectors/part_file.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

namespace {

constexpr std::string_view kCompressions[] = {"none", "gzip", "zstd"};
constexpr std::string_view kModes[] = {"append", "overwrite"};
constexpr OptionRecord kOptions[] = {
    {"path", OptionType::kString, "the directory to write to", "", {}, INT64_MIN, INT64_MAX, true},
    {"compression", OptionType::kChoice, "how files are packed", "none", kCompressions},
    {"mode", OptionType::kChoice,
     "what to do with a directory that is not empty: append adds files, overwrite removes the part "
     "files of earlier runs when this one is done; absent: refuse",
     "", kModes},
    {"roll.size", OptionType::kSize, "begin another file when one has this size", "", {}, 1},
    {"roll.every",
     OptionType::kDuration,
     "begin another file this often",
     "",
     {},
     INT64_MIN,
     INT64_MAX,
     false,
     false},
    {"partition_by", OptionType::kList,
     "columns whose values name directories, `column=value/`; they stay in the files as well"},
};

// `part-<subtask>-<n>.`, or no part file.
struct PartName {
  uint32_t subtask = 0;
  uint32_t number = 0;
};

std::optional<PartName> ParsePartName(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  constexpr std::string_view kPrefix = "part-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  PartName part;
  const char* end = name.data() + name.size();
  const auto subtask = std::from_chars(name.data() + kPrefix.size(), end, part.subtask);
  if (subtask.ec != std::errc() || subtask.ptr == end || *subtask.ptr != '-') return std::nullopt;
  const auto number = std::from_chars(subtask.ptr + 1, end, part.number);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.') return std::nullopt;
  return part;
}

bool IsHidden(const std::string& path) {
  return std::filesystem::path(path).filename().string().starts_with('.');
}

// All part files in the directory and below it.
Status FindPartFiles(const std::string& directory, std::vector<std::string>* files) {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(directory));
  for (const FileInfo& entry : entries) {
    if (IsHidden(entry.path)) continue;
    if (entry.kind == FileKind::kDirectory) {
      RETURN_IF_ERROR(FindPartFiles(entry.path, files));
    } else if (ParsePartName(entry.path)) {
      files->push_back(entry.path);
    }
  }
  return {};
}

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

// What the options and the spec say, read once.
struct FileSinkSettings {
  std::string path;
  std::string mode;
  Compression compression = Compression::kNone;
  int64_t roll_bytes = INT64_MAX;
  std::vector<std::string> partition_by;
};

Result<FileSinkSettings> ReadSettings(const SinkDescriptor& sink) {
  const OptionProblems problems = CheckOptions(kOptions, sink.options);
  if (!problems.empty()) {
    return MakeError(problems[0].kind == OptionProblemKind::kUnsupported
                         ? ErrorCode::kUnsupported
                         : ErrorCode::kInvalidArgument,
                     fmt::format("sink `{}`: {}", sink.name, problems[0].message));
  }
  const OptionReader options(kOptions, sink.options);
  FileSinkSettings settings;
  settings.path = options.Text("path");
  settings.mode = options.Text("mode");
  const std::string compression = options.Text("compression");
  if (compression == "gzip") settings.compression = Compression::kGzip;
  if (compression == "zstd") settings.compression = Compression::kZstd;
  if (options.Has("roll.size")) {
    ASSIGN_OR_RETURN(settings.roll_bytes, options.SizeBytes("roll.size"));
  }
  settings.partition_by = options.List("partition_by");
  return settings;
}

class FileSinkWriter final : public SinkWriter {
 public:
  FileSinkWriter(const SinkContext& context, FileSinkSettings settings,
                 std::unique_ptr<RowEncoder> encoder)
      : schema_(context.schema),
        subtask_(context.subtask),
        parallelism_(context.parallelism),
        settings_(std::move(settings)),
        encoder_(std::move(encoder)),
        extension_(context.descriptor->format == "text" ? "txt" : context.descriptor->format) {
    for (const std::string& column : settings_.partition_by) {
      partition_columns_.push_back(*schema_.IndexOf(column));
    }
  }
  ~FileSinkWriter() override {
    if (!committed_) Abort();
  }

  Status Open() {
    if (settings_.mode == "overwrite") {
      std::vector<std::string> files;
      RETURN_IF_ERROR(FindPartFiles(settings_.path, &files));
      for (std::string& file : files) {
        // Each subtask answers for its own names, the first one also for those nobody has now.
        const uint32_t owner = ParsePartName(file)->subtask;
        if (owner == subtask_ || (subtask_ == 0 && owner >= parallelism_)) {
          replaced_.push_back(std::move(file));
        }
      }
    }
    return {};
  }

  Status Write(const BatchPtr& batch) override {
    for (int32_t row = 0; row < batch->row_count(); ++row) {
      ASSIGN_OR_RETURN(PartFile * file, FileFor(*batch, row));
      line_.clear();
      encoder_->Encode(*batch, row, line_);
      RETURN_IF_ERROR(file->Append(line_));
      if (file->size_bytes() >= settings_.roll_bytes) RETURN_IF_ERROR(CloseCurrent());
    }
    return {};
  }

  Status Finish() override {
    for (auto& [directory, open] : open_) RETURN_IF_ERROR(parts_[open.part].Close());
    open_.clear();
    current_ = nullptr;
    for (PartFile& part : parts_) RETURN_IF_ERROR(part.Sync());
    return {};
  }

  Status Commit() override {
    std::set<std::string> written;
    for (PartFile& part : parts_) {
      RETURN_IF_ERROR(part.Commit());
      written.insert(part.final_path());
    }
    for (const std::string& file : replaced_) {
      if (!written.contains(file)) RETURN_IF_ERROR(RemoveFile(file));
    }
    committed_ = true;
    return {};
  }

  void Abort() override {
    for (PartFile& part : parts_) {
      part.Remove();
      if (part.directory() != settings_.path) {
        // Directories of partitions that hold nothing else.
        std::filesystem::path directory = part.directory();
        for (size_t level = 0; level < partition_columns_.size(); ++level) {
          static_cast<void>(RemoveEmptyDirectory(directory.string()));
          directory = directory.parent_path();
        }
      }
    }
    parts_.clear();
    open_.clear();
    current_ = nullptr;
  }

 private:
  // More would use up the process's file descriptors: the one used least recently is closed.
  static constexpr size_t kOpenFilesMax = 128;

  struct OpenFile {
    size_t part = 0;  // in parts_
    uint64_t used = 0;
  };

  Result<PartFile*> FileFor(const RecordBatch& batch, int32_t row) {
    if (!partition_columns_.empty()) {
      SetDirectory(batch, row);
    } else if (directory_.empty()) {
      directory_ = settings_.path;
    }
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
    return &parts_[current_->part];
  }

  void SetDirectory(const RecordBatch& batch, int32_t row) {
    directory_ = settings_.path;
    for (const size_t column : partition_columns_) {
      value_.clear();
      const bool is_null = batch.IsNull(column, row);
      if (!is_null) AppendText(value_, batch, schema_[column].type, column, row);
      directory_ += '/';
      directory_ += DirectoryName(schema_[column].name, value_, is_null);
    }
  }

  Status OpenPart() {
    if (open_.size() >= kOpenFilesMax) {
      const auto oldest = std::min_element(
          open_.begin(), open_.end(),
          [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
      RETURN_IF_ERROR(parts_[oldest->second.part].Close());
      open_.erase(oldest);
    }
    const auto numbered = next_number_.find(directory_);
    uint32_t number = 0;
    if (numbered != next_number_.end()) {
      number = numbered->second;
    } else {
      ASSIGN_OR_RETURN(number, FirstNumber());
    }
    next_number_[directory_] = number + 1;
    const std::string name = fmt::format("part-{}-{}.{}{}", subtask_, number, extension_,
                                         FileSuffix(settings_.compression));
    ASSIGN_OR_RETURN(PartFile part, PartFile::Create(directory_, name, settings_.compression));
    parts_.push_back(std::move(part));
    open_[directory_] = {parts_.size() - 1, 0};
    return parts_.back().Append(encoder_->Header());
  }

  // Behind those that are there already.
  Result<uint32_t> FirstNumber() const {
    uint32_t next = 0;
    if (settings_.mode != "append") return next;
    const Result<FileInfo> info = GetFileInfo(directory_);
    if (!info) return next;
    ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(directory_));
    for (const FileInfo& entry : entries) {
      const std::optional<PartName> part = ParsePartName(entry.path);
      if (part && part->subtask == subtask_) next = std::max(next, part->number + 1);
    }
    return next;
  }

  Status CloseCurrent() {
    RETURN_IF_ERROR(parts_[current_->part].Close());
    open_.erase(current_directory_);
    current_ = nullptr;
    return {};
  }

  // Constant after construction.
  const Schema schema_;
  const uint32_t subtask_;
  const uint32_t parallelism_;
  const FileSinkSettings settings_;
  const std::unique_ptr<RowEncoder> encoder_;
  const std::string extension_;
  std::vector<size_t> partition_columns_;
  std::vector<std::string> replaced_;  // mode: overwrite
  // Worker thread only.
  std::vector<PartFile> parts_;
  std::map<std::string, OpenFile> open_;         // by directory
  std::map<std::string, uint32_t> next_number_;  // by directory
  OpenFile* current_ = nullptr;                  // of current_directory_, in open_
  std::string current_directory_;
  std::string directory_;
  std::string value_;
  std::string line_;
  uint64_t uses_ = 0;
  bool committed_ = false;
};

void Validate(const SinkDescriptor& sink, const Schema& schema, OptionProblems* problems) {
  const std::vector<std::string> columns =
      OptionReader(kOptions, sink.options).List("partition_by");
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string option = fmt::format("partition_by.{}", i);
    const std::optional<size_t> column = schema.IndexOf(columns[i]);
    if (!column) {
      problems->push_back(
          {OptionProblemKind::kInvalidValue, option,
           fmt::format("option `partition_by`: there is no column `{}`", columns[i]),
           "the columns are " + schema.ToString()});
    } else if (schema[*column].type.is_nested()) {
      problems->push_back({OptionProblemKind::kInvalidValue, option,
                           fmt::format("option `partition_by`: `{}` is {}", columns[i],
                                       schema[*column].type.ToString()),
                           "partition by columns of simple types"});
    }
  }
}

}  // namespace

SinkRecord FileSinkRecord() {
  SinkRecord record;
  record.declared = true;
  record.options = kOptions;
  record.format = FormatUse::kRequired;
  record.transactional = true;
  record.validate = Validate;
  return record;
}

Status PrepareFileSink(const SinkDescriptor& sink) {
  ASSIGN_OR_RETURN(const FileSinkSettings settings, ReadSettings(sink));
  const auto named = [&](Status status) -> Status {
    if (status) return status;
    return std::unexpected(
        std::move(status).error().WithContext(fmt::format("sink `{}`", sink.name)));
  };
  RETURN_IF_ERROR(named(MakeDirectories(settings.path)));
  if (settings.mode.empty()) {
    ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(settings.path));
    const auto full = std::find_if(entries.begin(), entries.end(),
                                   [](const FileInfo& entry) { return !IsHidden(entry.path); });
    if (full != entries.end()) {
      return MakeError(ErrorCode::kAlreadyExists,
                       fmt::format("sink `{}`: {} is not empty (it has {}); set `mode: append` or "
                                   "`mode: overwrite`, or choose another directory",
                                   sink.name, settings.path,
                                   std::filesystem::path(full->path).filename().string()));
    }
  }
  // Better now than after an hour: can a file be made here?
  const std::string probe = settings.path + "/.flinkc-probe";
  const Result<WritableFile> file = WritableFile::Create(probe);
  if (!file) return named(std::unexpected(file.error()));
  return named(RemoveFile(probe));
}

Result<std::unique_ptr<SinkWriter>> MakeFileWriter(SinkContext context) {
  const SinkDescriptor& sink = *context.descriptor;
  ASSIGN_OR_RETURN(FileSinkSettings settings, ReadSettings(sink));
  OptionProblems problems;
  Validate(sink, context.schema, &problems);
  if (!problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("sink `{}`: {}", sink.name, problems[0].message));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<RowEncoder> encoder,
                   MakeRowEncoder(sink.format, sink.format_options, context.schema));
  auto writer = std::make_unique<FileSinkWriter>(context, std::move(settings), std::move(encoder));
  RETURN_IF_ERROR(writer->Open());
  return writer;
}

}  // namespace flinkc
