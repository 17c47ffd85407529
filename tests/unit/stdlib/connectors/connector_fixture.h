// A directory for one test, and sources and sinks driven as a worker drives them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/data/text_writer.h"
#include "runtime/data/value.h"
#include "runtime/env/storage.h"
#include "stdlib-operators/connectors/registry.h"

namespace flinkc {

class TestClock final : public Clock {
 public:
  int64_t NowMicros() const override { return nanos / 1'000; }
  int64_t MonotonicNanos() const override { return nanos; }
  int64_t nanos = 1'000'000'000;
};

class ConnectorTest : public ::testing::Test {
 protected:
  ConnectorTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::temp_directory_path() /
                 fmt::format("flinkc_{}_{}_{}", info->test_suite_name(), info->name(), ::getpid());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~ConnectorTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  std::string WriteFile(std::string_view name, std::string_view text) const {
    const std::string path = Path(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Names of all files below, sorted, relative to it.
  static std::vector<std::string> FilesBelow(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file()) {
        names.push_back(std::filesystem::relative(entry.path(), directory).string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string directory_;
};

inline SourceDescriptor MakeSource(std::string connector, OptionMap options, Schema schema,
                                   std::string format = "", OptionMap format_options = {}) {
  SourceDescriptor source;
  source.name = "s";
  source.connector = std::move(connector);
  source.options = std::move(options);
  source.format = std::move(format);
  source.format_options = std::move(format_options);
  source.schema = std::move(schema);
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  return source;
}

struct SourceRows {
  std::vector<std::string> rows;      // as JSON objects
  std::vector<std::string> failures;  // raw
  size_t splits = 0;
  std::string error;
  ErrorCode code = ErrorCode::kInternal;
  int64_t bytes_read = 0;
  int64_t bytes_total = 0;  // of the splits

  std::vector<std::string> Sorted() const {
    std::vector<std::string> sorted = rows;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
};

// Reads all splits, dealt out to `parallelism` readers as JobMaster does. `see` is given each batch
// with its reader and split.
inline SourceRows ReadSource(
    const SourceDescriptor& source, uint32_t parallelism = 1,
    const std::function<void(const RecordBatch&, uint32_t, uint32_t)>& see = nullptr) {
  SourceRows result;
  const auto failed = [&](const Error& error) {
    result.error = error.message;
    result.code = error.code;
    return result;
  };
  const ConnectorRuntime* connector = FindConnector(StdConnectors(), source.connector);
  Result<std::unique_ptr<SplitEnumerator>> enumerator = connector->make_enumerator(source);
  if (!enumerator) return failed(enumerator.error());
  const Result<std::vector<Split>> splits = (*enumerator)->Enumerate(parallelism);
  if (!splits) return failed(splits.error());
  result.splits = splits->size();
  for (const Split& split : *splits) result.bytes_total += split.size_bytes;
  EXPECT_TRUE(std::is_sorted(splits->begin(), splits->end(),
                             [](const Split& a, const Split& b) { return a.id < b.id; }));
  MemoryPool memory;
  static const SystemClock clock;
  const Schema schema = source.BatchSchema();
  {
    std::vector<std::unique_ptr<SourceReader>> readers;
    for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
      SourceContext context;
      context.descriptor = &source;
      context.subtask = subtask;
      context.parallelism = parallelism;
      context.memory = &memory;
      context.clock = &clock;
      context.on_failure = [&](const DecodeFailure& failure) -> Status {
        result.failures.emplace_back(failure.raw);
        return {};
      };
      Result<std::unique_ptr<SourceReader>> reader = connector->make_reader(context);
      if (!reader) return failed(reader.error());
      readers.push_back(*std::move(reader));
    }
    for (size_t i = 0; i < splits->size(); ++i) {
      const Status added = readers[i % parallelism]->AddSplit((*splits)[i]);
      if (!added) return failed(added.error());
    }
    size_t finished = 0;
    for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
      while (true) {
        RecordBatch batch(schema, RecordBatch::kRowsMax, false, false, &memory);
        const Result<SourcePoll> poll = readers[subtask]->Poll(batch);
        if (!poll) return failed(poll.error());
        finished += poll->split_finished ? 1 : 0;
        if (poll->status == SourceStatus::kNeedsSplit) break;
        if (see) see(batch, subtask, poll->split);
        for (int32_t row = 0; row < batch.row_count(); ++row) {
          result.rows.emplace_back();
          AppendRowJson(result.rows.back(), batch, schema, row);
        }
      }
      result.bytes_read += readers[subtask]->bytes_read();
    }
    EXPECT_EQ(finished, splits->size());
  }
  EXPECT_EQ(memory.used_bytes(), 0u) << "memory that nobody gave back";
  return result;
}

// A batch of rows given as values.
inline BatchPtr MakeBatch(const Schema& schema, const std::vector<ValueList>& rows,
                          const std::vector<RowKind>& kinds = {}) {
  auto batch =
      std::make_shared<RecordBatch>(schema, RecordBatch::kRowsMax, !kinds.empty(), false, nullptr);
  auto arena = std::make_shared<Arena>();
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t column = 0; column < schema.size(); ++column) {
      WriteValue(*batch, schema[column].type, column, static_cast<int32_t>(row), rows[row][column],
                 *arena);
    }
    if (!kinds.empty()) batch->layout().row_kinds[row] = static_cast<uint8_t>(kinds[row]);
  }
  batch->set_row_count(static_cast<int32_t>(rows.size()));
  batch->KeepAlive(std::move(arena));
  return batch;
}

inline SinkDescriptor MakeSink(std::string connector, OptionMap options, std::string format = "",
                               OptionMap format_options = {}) {
  return {"out", std::move(connector), std::move(options), std::move(format),
          std::move(format_options)};
}

// What the runtime would give a sink of job `job`.
inline SinkContext MakeSinkContext(const SinkDescriptor& sink, const Schema& schema) {
  static const SystemClock clock;
  static LocalFileSystem files;
  SinkContext context;
  context.descriptor = &sink;
  context.schema = schema;
  context.owner = "job";
  context.files = &files;
  context.clock = &clock;
  return context;
}

inline Result<std::unique_ptr<SinkWriter>> OpenSink(const SinkDescriptor& sink,
                                                    const Schema& schema,
                                                    ConsoleWriter console = nullptr,
                                                    bool row_kinds = false, uint32_t subtask = 0,
                                                    uint32_t parallelism = 1) {
  SinkContext context = MakeSinkContext(sink, schema);
  context.row_kinds = row_kinds;
  context.subtask = subtask;
  context.parallelism = parallelism;
  context.console = std::move(console);
  return FindConnector(StdConnectors(), sink.connector)->make_writer(std::move(context));
}

inline std::unique_ptr<SinkCommitter> OpenCommitter(const SinkDescriptor& sink,
                                                    FileSystem* files = nullptr) {
  const SinkContext context = MakeSinkContext(sink, {});
  auto committer =
      FindConnector(StdConnectors(), sink.connector)
          ->make_committer({&sink, context.owner, files == nullptr ? context.files : files});
  EXPECT_TRUE(committer);
  return *std::move(committer);
}

}  // namespace flinkc
