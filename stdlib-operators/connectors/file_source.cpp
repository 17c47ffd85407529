#include "stdlib-operators/connectors/file_source.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>

#include "runtime/abi/row_error.h"
#include "runtime/connector/option_values.h"
#include "runtime/env/allowed_paths.h"
#include "stdlib-operators/connectors/block_reader.h"
#include "stdlib-operators/connectors/source_position.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

namespace {

constexpr std::string_view kCompressions[] = {"auto", "none", "gzip", "zstd"};
constexpr OptionRecord kOptions[] = {
    {"path",
     OptionType::kString,
     "a file, a directory (with all below it) or a glob",
     "",
     {},
     INT64_MIN,
     INT64_MAX,
     true},
    {"compression", OptionType::kChoice,
     "how the files are packed; auto: as the first bytes of each say; packed ones are not split",
     "auto", kCompressions},
    {"split_size",
     OptionType::kSize,
     "larger files are read in parts of about this size",
     "16mb",
     {},
     1},
    {"monitor",
     OptionType::kDuration,
     "look for new files this often",
     "",
     {},
     INT64_MIN,
     INT64_MAX,
     false,
     false},
};

class FileEnumerator final : public SplitEnumerator {
 public:
  FileEnumerator(SourceDescriptor source, int64_t split_bytes, std::string compression)
      : source_(std::move(source)),
        split_bytes_(split_bytes),
        compression_(std::move(compression)) {}

  Result<std::vector<Split>> Enumerate(uint32_t) override {
    Result<std::vector<Split>> splits = MakeFileSplits(source_, split_bytes_, compression_);
    if (splits) return splits;
    return std::unexpected(
        std::move(splits).error().WithContext(fmt::format("source `{}`", source_.name)));
  }

 private:
  const SourceDescriptor source_;
  const int64_t split_bytes_;
  const std::string compression_;
};

// Where the next row of a split begins.
struct FilePosition {
  int64_t offset = 0;     // in the file, or in what it unpacks to
  int64_t record = 0;     // its number in the split
  bool skipping = false;  // within a record that was given up
  bool at_start = true;   // nothing was read: a header and a byte order mark may follow
};

constexpr uint8_t kPositionVersion = 1;

std::string EncodeFilePosition(const FilePosition& position) {
  const int64_t numbers[] = {position.offset, position.record, position.skipping ? 1 : 0};
  return EncodePosition(kPositionVersion, numbers);
}

Result<FilePosition> DecodeFilePosition(const Split& split, const FileSplit& file) {
  FilePosition position{file.begin};
  if (split.position.empty()) return position;
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers,
                   DecodePosition(kPositionVersion, 3, split.position, split.id));
  position = {numbers[0], numbers[1], numbers[2] == 1, false};
  if (numbers[2] > 1) return BadPosition(split.id, "a flag in it is neither 0 nor 1");
  const bool packed = file.compression != Compression::kNone;
  if (position.offset < file.begin || (!packed && position.offset > file.end)) {
    return BadPosition(split.id, fmt::format("byte {} is not within bytes {} to {} of {}",
                                             position.offset, file.begin, file.end, file.path));
  }
  if (position.record > position.offset - file.begin) {
    return BadPosition(split.id, fmt::format("{} records do not fit before byte {}",
                                             position.record, position.offset));
  }
  return position;
}

class FileReader final : public SourceReader {
 public:
  FileReader(const SourceContext& context, std::unique_ptr<RowDecoder> decoder)
      : source_(*context.descriptor),
        on_failure_(context.on_failure),
        decoder_(std::move(decoder)),
        pool_(context.memory),
        allowed_paths_(context.allowed_paths) {}

  Status AddSplit(const Split& split) override {
    ASSIGN_OR_RETURN(FileSplit file, DecodeFileSplit(split.payload));
    ASSIGN_OR_RETURN(const FilePosition start, DecodeFilePosition(split, file));
    waiting_.push_back({std::move(file), start, split.position});
    return {};
  }

  Result<SourcePoll> Poll(RecordBatch& batch) override {
    if (reader_ == nullptr) {
      if (waiting_.empty()) return SourcePoll{SourceStatus::kNeedsSplit};
      RETURN_IF_ERROR(OpenSplit());
    }
    SourcePoll poll{SourceStatus::kRows, opened_ - 1};
    const char* before = cursor_;
    if (!skipping_) {
      const Status decoded = decoder_->Decode(block_, &cursor_, batch);
      if (!decoded) return std::unexpected(Locate(decoded.error()));
    }
    if (cursor_ == before) RETURN_IF_ERROR(Refill());
    if (block_.is_last && cursor_ == block_.end) {
      poll.split_finished = true;
      CloseSplit();
    }
    return poll;
  }

  Result<std::string> Position(uint32_t split) const override {
    const uint32_t given = opened_ + static_cast<uint32_t>(waiting_.size());
    if (split >= opened_ && split < given) return waiting_[split - opened_].position;
    if (reader_ == nullptr || split + 1 != opened_) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("split {} has no position: it is finished", split));
    }
    return EncodeFilePosition({reader_->block_offset() + (cursor_ - block_.begin),
                               decoder_->next_record(), skipping_, false});
  }

  int64_t bytes_read() const override {
    return closed_bytes_ + (reader_ == nullptr ? 0 : reader_->bytes_read());
  }

 private:
  struct Waiting {
    FileSplit file;
    FilePosition start;
    std::string position;  // as it was given
  };

  Status OpenSplit() {
    const Waiting next = std::move(waiting_.front());
    const FileSplit& split = next.file;
    const FilePosition& start = next.start;
    waiting_.pop_front();
    ++opened_;
    if (allowed_paths_ != nullptr) RETURN_IF_ERROR(allowed_paths_->Check(split.path));
    skipping_ = start.skipping;
    origin_ = std::make_shared<SplitOrigin>(SplitOrigin{"file", split.path, 0});
    const bool behind_header = split.begin > 0 || !start.at_start;
    if (decoder_->has_header() && behind_header) {
      // What lies behind the first record has the header of the whole file.
      FileSplit head = split;
      head.begin = 0;
      ASSIGN_OR_RETURN(reader_, BlockReader::Open(head, &pool_, &last_block_id_));
      RETURN_IF_ERROR(ReadHeader());
    }
    FileSplit rest = split;
    if (split.compression == Compression::kNone) rest.begin = start.offset;
    ASSIGN_OR_RETURN(reader_, BlockReader::Open(rest, &pool_, &last_block_id_));
    block_ = {};
    // Counts as read: so much less is left to do.
    closed_bytes_ += rest.begin - split.begin;
    if (split.compression != Compression::kNone && start.offset > 0) {
      RETURN_IF_ERROR(reader_->SkipPacked(start.offset));
    }
    if (decoder_->has_header() && !behind_header) {
      RETURN_IF_ERROR(ReadHeader());
    } else {
      ASSIGN_OR_RETURN(block_, reader_->Next(nullptr));
      cursor_ = block_.begin;
      SkipByteOrderMark();
      if (skipping_) SkipRestOfRecord();
    }
    decoder_->StartSplit(origin_, start.record);
    return {};
  }

  // Leaves the cursor behind the header of the file that reader_ is at the beginning of.
  Status ReadHeader() {
    const char* rest = nullptr;
    while (true) {
      ASSIGN_OR_RETURN(block_, reader_->Next(rest));
      cursor_ = block_.begin;
      SkipByteOrderMark();
      DecodeBlock text = block_;
      text.begin = cursor_;
      Result<size_t> size = decoder_->ReadHeader(text);
      if (!size) {
        return std::unexpected(std::move(size).error().WithContext(reader_->split().path + ":1"));
      }
      cursor_ += *size;
      if (*size > 0 || block_.is_last) return {};
      if (text.end - text.begin > static_cast<ptrdiff_t>(BlockReader::kRecordBytesMax)) {
        return MakeError(ErrorCode::kInvalidData,
                         reader_->split().path + ":1: the header line never ends");
      }
      rest = block_.begin;
    }
  }

  void SkipByteOrderMark() {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (reader_->block_offset() == 0 &&
        std::string_view(cursor_, block_.end).starts_with(kByteOrderMark)) {
      cursor_ += kByteOrderMark.size();
    }
  }

  // The block has no whole record left.
  Status Refill() {
    if (block_.is_last) {
      cursor_ = block_.end;
      return {};
    }
    const auto kept = static_cast<size_t>(block_.end - cursor_);
    if (!skipping_ && kept >= BlockReader::kRecordBytesMax) RETURN_IF_ERROR(GiveUpRecord());
    ASSIGN_OR_RETURN(block_, reader_->Next(skipping_ ? nullptr : cursor_));
    cursor_ = block_.begin;
    if (skipping_) SkipRestOfRecord();
    return {};
  }

  // From the beginning of a block.
  void SkipRestOfRecord() {
    // A line goes to its end; behind a quote that was never closed nothing is certain.
    const void* line_end =
        source_.format == "csv"
            ? nullptr
            : std::memchr(block_.begin, '\n', static_cast<size_t>(block_.end - block_.begin));
    skipping_ = line_end == nullptr;
    cursor_ = skipping_ ? block_.end : static_cast<const char*>(line_end) + 1;
  }

  Status GiveUpRecord() {
    const std::string detail =
        fmt::format("it is longer than {} MiB{}", BlockReader::kRecordBytesMax >> 20,
                    source_.format == "csv" ? "; is a quote never closed?" : "");
    if (source_.on_error == ErrorMode::kFail) {
      return std::unexpected(
          LocateAt(cursor_, {ErrorCode::kInvalidData, "the record does not end: " + detail}));
    }
    constexpr size_t kRawBytes = 4096;
    DecodeFailure failure;
    failure.status = static_cast<int32_t>(source_.format == "csv" ? RowStatus::kUnterminatedQuote
                                                                  : RowStatus::kValueTooLong);
    failure.raw = {cursor_, kRawBytes};
    failure.offset = decoder_->next_record();
    failure.detail = detail;
    failure.origin = origin_.get();
    if (on_failure_) RETURN_IF_ERROR(on_failure_(failure));
    decoder_->StartSplit(origin_, decoder_->next_record() + 1);
    skipping_ = true;
    return {};
  }

  void CloseSplit() {
    closed_bytes_ += reader_->bytes_read();
    reader_ = nullptr;
    block_ = {};
    cursor_ = nullptr;
  }

  Error Locate(const Error& error) {
    const char* record = decoder_->failed_record();
    return record == nullptr ? error : LocateAt(record, error);
  }
  Error LocateAt(const char* record, Error error) {
    const int64_t offset = reader_->block_offset() + (record - block_.begin);
    const Result<int64_t> line = LineOfOffset(reader_->split(), offset);
    return std::move(error).WithContext(line ? fmt::format("{}:{}", reader_->split().path, *line)
                                             : reader_->split().path);
  }

  // Constant after construction.
  const SourceDescriptor source_;
  const DecodeFailureHandler on_failure_;
  // Worker thread only.
  std::unique_ptr<RowDecoder> decoder_;
  BlockPool pool_;
  const AllowedPaths* const allowed_paths_;
  std::deque<Waiting> waiting_;
  uint32_t opened_ = 0;
  std::unique_ptr<BlockReader> reader_;  // nullptr: no split is open
  std::shared_ptr<const SplitOrigin> origin_;
  DecodeBlock block_;
  const char* cursor_ = nullptr;
  uint64_t last_block_id_ = 0;
  bool skipping_ = false;
  int64_t closed_bytes_ = 0;
};

// One reader reads all: cutting files into splits would only take time.
OptionMap TableOptions(const OptionMap& options) {
  OptionMap whole = options;
  whole["split_size"] = "1024gb";
  return whole;
}

}  // namespace

SourceRecord FileSourceRecord() {
  SourceRecord record;
  record.declared = true;
  record.options = kOptions;
  record.format = FormatUse::kRequired;
  record.bounded_always = true;
  record.table_options = TableOptions;
  return record;
}

Result<std::unique_ptr<SplitEnumerator>> MakeFileEnumerator(const SourceDescriptor& source) {
  const OptionProblems problems = CheckOptions(kOptions, source.options);
  if (!problems.empty()) {
    return MakeError(problems[0].kind == OptionProblemKind::kUnsupported
                         ? ErrorCode::kUnsupported
                         : ErrorCode::kInvalidArgument,
                     fmt::format("source `{}`: {}", source.name, problems[0].message));
  }
  const OptionReader options(kOptions, source.options);
  ASSIGN_OR_RETURN(const int64_t split_bytes, options.SizeBytes("split_size"));
  return std::make_unique<FileEnumerator>(source, split_bytes, options.Text("compression"));
}

Status CheckFileSourcePaths(const OptionMap& options, const AllowedPaths& allowed) {
  const auto path = options.find("path");
  if (path == options.end() || !allowed.is_confined()) return {};
  // Of a pattern, the folder that it begins with, below which all matches have to lie.
  std::string folder = path->second.substr(0, path->second.find_first_of("*?["));
  if (folder != path->second) {
    folder = folder.substr(0, folder.rfind('/') + 1);
    if ((path->second.substr(folder.size()) + "/").contains("/../")) {
      return MakeError(ErrorCode::kPermissionDenied,
                       fmt::format("cannot use {}: `..` stands behind a wildcard; write the path "
                                   "without it",
                                   path->second));
    }
  }
  RETURN_IF_ERROR(allowed.Check(folder.empty() ? "." : folder));
  // What is not there is no error of this kind.
  const Result<std::vector<std::string>> files = FindInputFiles(path->second);
  if (!files) return {};
  for (const std::string& file : *files) RETURN_IF_ERROR(allowed.Check(file));
  return {};
}

Result<std::unique_ptr<SourceReader>> MakeFileReader(SourceContext context) {
  DecoderContext decoding;
  decoding.descriptor = context.descriptor;
  decoding.memory = context.memory;
  decoding.on_failure = context.on_failure;
  ASSIGN_OR_RETURN(std::unique_ptr<RowDecoder> decoder, MakeRowDecoder(decoding));
  return std::make_unique<FileReader>(context, std::move(decoder));
}

}  // namespace flinkc
