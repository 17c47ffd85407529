#include "runtime/task/table_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace flinkc {

namespace {

std::string NameOf(const SourceDescriptor& table) { return fmt::format("source `{}`", table.name); }

class TableReader final : public TableScan {
 public:
  TableReader(const SourceDescriptor& table, std::unique_ptr<SourceReader> reader)
      : table_(table), reader_(std::move(reader)) {}

  Result<bool> Read(RecordBatch& batch) override {
    const Result<SourcePoll> poll = reader_->Poll(batch);
    if (!poll) return std::unexpected(Error(poll.error()).WithContext(NameOf(table_)));
    return poll->status != SourceStatus::kNeedsSplit;
  }

 private:
  const SourceDescriptor& table_;
  const std::unique_ptr<SourceReader> reader_;
};

Result<std::unique_ptr<TableScan>> Open(const SourceDescriptor& table,
                                        const ConnectorRuntimes& connectors, MemoryPool* memory,
                                        const Clock* clock, const AllowedPaths* allowed_paths) {
  const ConnectorRuntime* connector = FindConnector(connectors, table.connector);
  if (connector == nullptr || connector->make_enumerator == nullptr ||
      connector->make_reader == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("there is no connector `{}` that reads", table.connector));
  }
  if (allowed_paths != nullptr && connector->check_source_paths != nullptr) {
    RETURN_IF_ERROR(connector->check_source_paths(table.options, *allowed_paths));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<SplitEnumerator> enumerator,
                   connector->make_enumerator(table));
  ASSIGN_OR_RETURN(const std::vector<Split> splits, enumerator->Enumerate(1));
  SourceContext context;
  context.descriptor = &table;
  context.memory = memory;
  context.clock = clock;
  // Rows that fail are left out.
  context.on_failure = [](const DecodeFailure&) { return Status(); };
  context.wake = [] {};
  context.allowed_paths = allowed_paths;
  ASSIGN_OR_RETURN(std::unique_ptr<SourceReader> reader,
                   connector->make_reader(std::move(context)));
  for (const Split& split : splits) RETURN_IF_ERROR(reader->AddSplit(split));
  return std::make_unique<TableReader>(table, std::move(reader));
}

}  // namespace

Result<std::unique_ptr<TableScan>> ScanTable(const SourceDescriptor& table,
                                             const ConnectorRuntimes& connectors,
                                             MemoryPool* memory, const Clock* clock,
                                             const AllowedPaths* allowed_paths) {
  Result<std::unique_ptr<TableScan>> scan = Open(table, connectors, memory, clock, allowed_paths);
  if (scan) return scan;
  return std::unexpected(std::move(scan).error().WithContext(NameOf(table)));
}

}  // namespace flinkc
