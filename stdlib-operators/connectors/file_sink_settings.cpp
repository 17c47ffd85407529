#include "stdlib-operators/connectors/file_sink_settings.h"

#include <fmt/format.h>

#include "runtime/connector/option_values.h"

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
    {"roll.every", OptionType::kDuration, "begin another file this often"},
    {"partition_by", OptionType::kList,
     "columns whose values name directories, `column=value/`; they stay in the files as well"},
};

}  // namespace

std::span<const OptionRecord> FileSinkOptions() { return kOptions; }

Result<FileSinkSettings> ReadFileSinkSettings(const SinkDescriptor& sink) {
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
  while (settings.path.size() > 1 && settings.path.ends_with('/')) settings.path.pop_back();
  settings.mode = options.Text("mode");
  const std::string compression = options.Text("compression");
  if (compression == "gzip") settings.compression = Compression::kGzip;
  if (compression == "zstd") settings.compression = Compression::kZstd;
  if (options.Has("roll.size")) {
    ASSIGN_OR_RETURN(settings.roll_bytes, options.SizeBytes("roll.size"));
  }
  if (options.Has("roll.every")) {
    ASSIGN_OR_RETURN(const int64_t micros, options.DurationMicros("roll.every"));
    if (micros <= 0) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("sink `{}`: option `roll.every`: expected more than nothing", sink.name));
    }
    if (micros < INT64_MAX / 1'000) settings.roll_nanos = micros * 1'000;
  }
  settings.partition_by = options.List("partition_by");
  return settings;
}

}  // namespace flinkc
