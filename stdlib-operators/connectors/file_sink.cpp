#include "stdlib-operators/connectors/file_sink.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/connector/option_values.h"
#include "runtime/env/allowed_paths.h"
#include "runtime/env/file_system.h"
#include "stdlib-operators/connectors/file_sink_committer.h"
#include "stdlib-operators/connectors/file_sink_settings.h"
#include "stdlib-operators/connectors/file_sink_writer.h"
#include "stdlib-operators/connectors/part_name.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

namespace {

// Whether a file that somebody may want is there: not what a process that died has left, hidden
// files in the directories of partitions.
Result<bool> HoldsOutput(const FileInfo& entry) {
  if (FileNameOf(entry.path).starts_with('.')) return false;
  if (entry.kind != FileKind::kDirectory) return true;
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(entry.path));
  for (const FileInfo& inner : entries) {
    ASSIGN_OR_RETURN(const bool holds, HoldsOutput(inner));
    if (holds) return true;
  }
  return false;
}

void Validate(const SinkDescriptor& sink, const Schema& schema, OptionProblems* problems) {
  const std::vector<std::string> columns =
      OptionReader(FileSinkOptions(), sink.options).List("partition_by");
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
  record.options = FileSinkOptions();
  record.format = FormatUse::kRequired;
  record.transactional = true;
  record.validate = Validate;
  return record;
}

Status PrepareFileSink(const SinkDescriptor& sink) {
  ASSIGN_OR_RETURN(const FileSinkSettings settings, ReadFileSinkSettings(sink));
  const auto named = [&](Status status) -> Status {
    if (status) return status;
    return std::unexpected(
        std::move(status).error().WithContext(fmt::format("sink `{}`", sink.name)));
  };
  RETURN_IF_ERROR(named(MakeDirectories(settings.path)));
  if (settings.mode.empty()) {
    ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(settings.path));
    for (const FileInfo& entry : entries) {
      ASSIGN_OR_RETURN(const bool holds, HoldsOutput(entry));
      if (!holds) continue;
      return MakeError(ErrorCode::kAlreadyExists,
                       fmt::format("sink `{}`: {} is not empty (it has {}); set `mode: append` or "
                                   "`mode: overwrite`, or choose another directory",
                                   sink.name, settings.path, FileNameOf(entry.path)));
    }
  }
  // Better now than after an hour.
  return named(CheckFilesCanBeMade(settings.path));
}

Status CheckFileSinkPaths(const OptionMap& options, const AllowedPaths& allowed) {
  const auto path = options.find("path");
  return path == options.end() ? Status() : allowed.Check(path->second);
}

Result<std::unique_ptr<SinkWriter>> MakeFileWriter(SinkContext context) {
  CHECK(context.files != nullptr && context.clock != nullptr);
  const SinkDescriptor& sink = *context.descriptor;
  ASSIGN_OR_RETURN(FileSinkSettings settings, ReadFileSinkSettings(sink));
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

Result<std::unique_ptr<SinkCommitter>> MakeFileCommitter(SinkCommitterContext context) {
  CHECK(context.files != nullptr);
  ASSIGN_OR_RETURN(FileSinkSettings settings, ReadFileSinkSettings(*context.descriptor));
  return std::make_unique<FileSinkCommitter>(context, std::move(settings));
}

}  // namespace flinkc
