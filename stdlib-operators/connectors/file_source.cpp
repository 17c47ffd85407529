#include "stdlib-operators/connectors/file_source.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>

#include "runtime/abi/row_error.h"
#include "runtime/connector/option_values.h"
#include "stdlib-operators/connectors/block_reader.h"
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

class FileReader final : public SourceReader {
 public:
  FileReader(const SourceContext& context, std::unique_ptr<RowDecoder> decoder)
      : source_(*context.descriptor),
        on_failure_(context.on_failure),
        decoder_(std::move(decoder)),
        pool_(context.memory) {}

  Status AddSplit(const Split& split) override {
    ASSIGN_OR_RETURN(FileSplit file, DecodeFileSplit(split.payload));
    waiting_.push_back(std::move(file));
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

  int64_t bytes_read() const override {
    return closed_bytes_ + (reader_ == nullptr ? 0 : reader_->bytes_read());
  }

 private:
  Status OpenSplit() {
    const FileSplit split = std::move(waiting_.front());
    waiting_.pop_front();
    ++opened_;
    skipping_ = false;
    origin_ = std::make_shared<SplitOrigin>(SplitOrigin{"file", split.path, 0});
    if (decoder_->has_header() && split.begin > 0) {
      // Parts behind the first one have the header of the whole file.
      FileSplit head = split;
      head.begin = 0;
      ASSIGN_OR_RETURN(reader_, BlockReader::Open(head, &pool_, &last_block_id_));
      RETURN_IF_ERROR(ReadHeader());
    }
    ASSIGN_OR_RETURN(reader_, BlockReader::Open(split, &pool_, &last_block_id_));
    if (decoder_->has_header() && split.begin == 0) {
      RETURN_IF_ERROR(ReadHeader());
    } else {
      ASSIGN_OR_RETURN(block_, reader_->Next(nullptr));
      cursor_ = block_.begin;
      SkipByteOrderMark();
    }
    decoder_->StartSplit(origin_);
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
    if (!skipping_) return {};
    // A line goes to its end; behind a quote that was never closed nothing is certain.
    const void* line_end =
        source_.format == "csv"
            ? nullptr
            : std::memchr(block_.begin, '\n', static_cast<size_t>(block_.end - block_.begin));
    skipping_ = line_end == nullptr;
    cursor_ = skipping_ ? block_.end : static_cast<const char*>(line_end) + 1;
    return {};
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
    failure.detail = detail;
    failure.origin = origin_.get();
    if (on_failure_) RETURN_IF_ERROR(on_failure_(failure));
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
  std::deque<FileSplit> waiting_;
  uint32_t opened_ = 0;
  std::unique_ptr<BlockReader> reader_;  // nullptr: no split is open
  std::shared_ptr<const SplitOrigin> origin_;
  DecodeBlock block_;
  const char* cursor_ = nullptr;
  uint64_t last_block_id_ = 0;
  bool skipping_ = false;
  int64_t closed_bytes_ = 0;
};

}  // namespace

SourceRecord FileSourceRecord() {
  SourceRecord record;
  record.declared = true;
  record.options = kOptions;
  record.format = FormatUse::kRequired;
  record.bounded_always = true;
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

Result<std::unique_ptr<SourceReader>> MakeFileReader(SourceContext context) {
  DecoderContext decoding;
  decoding.descriptor = context.descriptor;
  decoding.memory = context.memory;
  decoding.on_failure = context.on_failure;
  ASSIGN_OR_RETURN(std::unique_ptr<RowDecoder> decoder, MakeRowDecoder(decoding));
  return std::make_unique<FileReader>(context, std::move(decoder));
}

}  // namespace flinkc
