// Rows that fail: in generated code or while they are decoded.
#include <fmt/format.h>

#include "runtime/base/check.h"
#include "runtime/data/text_writer.h"
#include "runtime/data/value.h"
#include "runtime/task/chain_executor.h"

namespace flinkc {

namespace {

constexpr char kHiddenColumnPrefix = '$';

enum ErrorColumn : size_t { kAt, kStep, kCode, kMessage, kColumn, kRow, kRaw, kOrigin };

Value TextOrNull(std::string_view text) {
  return text.empty() ? Value{} : Value{std::string(text)};
}

std::string Place(const SplitOrigin* origin, int64_t offset) {
  if (origin == nullptr) return "";
  return fmt::format(", {} record {}", origin->topic, offset);
}

}  // namespace

std::string ChainExecutor::DescribeRow(int64_t row) const {
  if (run_batch_ == nullptr || row < 0 || row >= run_batch_->row_count()) return "";
  // Hidden columns (the watermark) stand last and are nobody's business.
  Schema visible;
  for (const Field& field : *run_schema_) {
    if (field.name.starts_with(kHiddenColumnPrefix)) break;
    visible.Add(field);
  }
  return RowToJson(*run_batch_, visible, static_cast<int32_t>(row));
}

Error ChainExecutor::MemoryLimitError(std::string_view what) const {
  constexpr double kMiB = 1024.0 * 1024.0;
  return Error{ErrorCode::kMemoryLimit,
               fmt::format("`{}` needs more memory: {:.1f} of {:.1f} MiB are in use; raise "
                           "taskmanager.memory.process.size or bound the job's state",
                           what, static_cast<double>(memory_->used_bytes()) / kMiB,
                           static_cast<double>(memory_->limit_bytes()) / kMiB)};
}

ErrorAction ChainExecutor::ReportError(uint32_t step_index, RowStatus status, int32_t column,
                                       int64_t row) {
  const StepLayout& step = layout_.steps[step_index];
  if (status == RowStatus::kMemoryLimit) {
    // The slow path of an insert may have failed for another reason.
    Fail(store_ != nullptr && store_->error() ? *store_->error() : MemoryLimitError(step.path));
    return ErrorAction::kFail;
  }
  const bool has_column = column >= 0 && static_cast<size_t>(column) < step.columns.size();
  const std::string_view column_name =
      has_column ? std::string_view(step.columns[static_cast<size_t>(column)]) : std::string_view();
  const SplitOrigin* origin = nullptr;
  int64_t offset = 0;
  if (run_batch_ != nullptr && run_batch_->origin() != nullptr && row >= 0) {
    origin = run_batch_->origin().get();
    offset = run_batch_->OffsetOf(static_cast<int32_t>(row));
  }
  if (step.on_error == ErrorMode::kFail) {
    std::string message =
        fmt::format("`{}`: {} ({})", step.path, RowErrorMessage(status), RowErrorCode(status));
    if (has_column) message += fmt::format(", column `{}`", column_name);
    message += Place(origin, offset);
    if (const std::string text = DescribeRow(row); !text.empty()) message += ", row " + text;
    Fail(Error{ErrorCode::kInvalidData, std::move(message)});
    return ErrorAction::kFail;
  }
  ++step_errors_[step_index];
  if (step.on_error == ErrorMode::kNull && column >= 0) return ErrorAction::kUseNull;
  if (step.on_error == ErrorMode::kRoute && step.errors_port) {
    AppendErrorRow(*step.errors_port, step_index, status, RowErrorMessage(status), column_name,
                   DescribeRow(row), {}, origin, offset);
  }
  return ErrorAction::kSkipRow;
}

Status ChainExecutor::OnDecodeFailure(const DecodeFailure& failure, int64_t now_micros) {
  context_.kernel.now_micros = now_micros;
  CHECK(layout_.source.has_value());
  const SourceDescriptor& descriptor = layout_.source->descriptor;
  const uint32_t step_index = layout_.source->step;
  const StepLayout& step = layout_.steps[step_index];
  ErrorMode mode = descriptor.on_error;
  if (const std::optional<size_t> column = descriptor.schema.IndexOf(failure.column)) {
    const auto own = descriptor.column_on_error.find(static_cast<uint32_t>(*column));
    if (own != descriptor.column_on_error.end()) mode = own->second;
  }
  const RowStatus status = static_cast<RowStatus>(failure.status);
  std::string message = RowErrorMessage(status);
  if (!failure.detail.empty()) message += ": " + failure.detail;
  if (mode == ErrorMode::kFail) {
    return MakeError(ErrorCode::kInvalidData,
                     fmt::format("`{}`: {} ({}){}", step.path, message, RowErrorCode(status),
                                 Place(failure.origin, failure.offset)));
  }
  ++step_errors_[step_index];
  if (mode == ErrorMode::kRoute && step.errors_port) {
    AppendErrorRow(*step.errors_port, step_index, status, message, failure.column, {}, failure.raw,
                   failure.origin, failure.offset);
  }
  return {};
}

void ChainExecutor::AppendErrorRow(uint32_t port_index, uint32_t step, RowStatus status,
                                   std::string_view message, std::string_view column,
                                   std::string_view row_json, std::string_view raw,
                                   const SplitOrigin* origin, int64_t offset) {
  Port& port = ports_[port_index];
  RecordBatch& batch = port.builders->builder(0);
  const int32_t row = batch.row_count();
  const Schema& schema = ErrorSchema();
  arena_->Use([&](Arena& arena) {
    const auto write = [&](size_t index, const Value& value) {
      WriteValue(batch, schema[index].type, index, row, value, arena);
    };
    write(kAt, Value{context_.kernel.now_micros});
    write(kStep, Value{layout_.steps[step].path});
    write(kCode, Value{std::string(RowErrorCode(status))});
    write(kMessage, Value{std::string(message)});
    write(kColumn, TextOrNull(column));
    write(kRow, TextOrNull(row_json));
    write(kRaw, TextOrNull(raw));
    // The hidden column that may stand behind them: late for no window.
    for (size_t i = schema.size(); i < batch.column_count(); ++i) {
      batch.Values<int64_t>(i)[row] = kWatermarkNone;
    }
    if (origin == nullptr) {
      write(kOrigin, Value{});
    } else {
      write(kOrigin, Value{ValueList{Value{origin->connector}, Value{origin->topic},
                                     Value{int64_t{origin->partition}}, Value{offset}}});
    }
  });
  batch.KeepAlive(arena_->Share());
  if (uint8_t* kinds = batch.layout().row_kinds)
    kinds[row] = static_cast<uint8_t>(RowKind::kInsert);
  if (uint64_t* hashes = batch.layout().key_hashes) hashes[row] = 0;
  batch.set_row_count(row + 1);
  if (batch.row_count() < batch.capacity()) return;
  HandOn(port, 0);
  if (!HasRoom(port)) context_.blocked = 1;
}

}  // namespace flinkc
