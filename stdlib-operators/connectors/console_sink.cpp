#include "stdlib-operators/connectors/console_sink.h"

#include <fmt/format.h>

#include "runtime/connector/option_values.h"
#include "runtime/data/text_writer.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

namespace {

constexpr OptionRecord kOptions[] = {
    {"prefix", OptionType::kString, "stands before each row, followed by `> `"},
    {"limit",
     OptionType::kInteger,
     "each subtask prints at most so many rows, and at checkpoints and its end how many it left "
     "out",
     "",
     {},
     0},
};

class ConsoleSinkWriter final : public SinkWriter {
 public:
  ConsoleSinkWriter(SinkContext context, std::unique_ptr<RowEncoder> encoder, std::string prefix,
                    int64_t limit)
      : schema_(std::move(context.schema)),
        console_(std::move(context.console)),
        encoder_(std::move(encoder)),
        prefix_(prefix.empty() ? "" : prefix + "> "),
        limit_(limit) {
    // The names once, by the first subtask.
    if (encoder_ != nullptr && context.subtask == 0) header_ = encoder_->Header();
  }

  Status Write(const BatchPtr& batch) override {
    text_.clear();
    if (!header_.empty() && batch->row_count() > 0) {
      text_ += prefix_ + header_;
      header_.clear();
    }
    for (int32_t row = 0; row < batch->row_count(); ++row) {
      if (printed_ == limit_) {
        ++left_out_;
        continue;
      }
      ++printed_;
      text_ += prefix_;
      AppendRow(*batch, row);
    }
    return text_.empty() ? Status() : console_(text_);
  }

  // Nothing is held back, and nothing waits for a commit: rows show at once, and again if a job
  // goes back to a checkpoint.
  Result<std::string> Seal() override {
    if (left_out_ == 0) return std::string();
    RETURN_IF_ERROR(console_(fmt::format("{}({} more rows)\n", prefix_, left_out_)));
    left_out_ = 0;
    return std::string();
  }

 private:
  void AppendRow(const RecordBatch& batch, int32_t row) {
    const bool updated = batch.layout().row_kinds != nullptr;
    if (encoder_ != nullptr) {
      if (updated) text_.append(KindText(batch.kind(row))).append(" ");
      encoder_->Encode(batch, row, text_);
      return;
    }
    text_.append(KindText(batch.kind(row))).append("[");
    for (size_t column = 0; column < schema_.size(); ++column) {
      if (column > 0) text_ += ", ";
      if (batch.IsNull(column, row)) {
        text_ += "NULL";
      } else {
        AppendText(text_, batch, schema_[column].type, column, row);
      }
    }
    text_ += "]\n";
  }

  // Constant after construction.
  const Schema schema_;
  const ConsoleWriter console_;
  const std::unique_ptr<RowEncoder> encoder_;  // nullptr: Flink's print
  const std::string prefix_;
  const int64_t limit_;  // -1: none
  // Worker thread only.
  std::string header_;
  std::string text_;
  int64_t printed_ = 0;
  int64_t left_out_ = 0;
};

Result<std::unique_ptr<SinkWriter>> MakeWriter(SinkContext context) {
  const SinkDescriptor& sink = *context.descriptor;
  if (const OptionProblems problems = CheckOptions(kOptions, sink.options); !problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("sink `{}`: {}", sink.name, problems[0].message));
  }
  const OptionReader options(kOptions, sink.options);
  int64_t limit = -1;
  if (options.Has("limit")) {
    ASSIGN_OR_RETURN(limit, options.Integer("limit"));
  }
  std::unique_ptr<RowEncoder> encoder;
  if (!sink.format.empty()) {
    ASSIGN_OR_RETURN(encoder, MakeRowEncoder(sink.format, sink.format_options, context.schema));
  }
  return std::make_unique<ConsoleSinkWriter>(std::move(context), std::move(encoder),
                                             options.Text("prefix"), limit);
}

}  // namespace

ConnectorRecord ConsoleRecord() {
  ConnectorRecord record{"console", "prints rows on standard output"};
  record.sink.declared = true;
  record.sink.options = kOptions;
  record.sink.format = FormatUse::kOptional;
  record.sink.accepts_updates = true;
  return record;
}

ConnectorRuntime ConsoleRuntime() {
  ConnectorRuntime runtime;
  runtime.name = "console";
  runtime.make_writer = MakeWriter;
  return runtime;
}

}  // namespace flinkc
