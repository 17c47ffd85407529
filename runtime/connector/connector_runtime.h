// What a connector gives to the runtime. The composition root hands the list of them
// (stdlib-operators/connectors) to JobMaster and TaskManager.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/connector/sink.h"
#include "runtime/connector/source.h"

namespace flinkc {

struct ConnectorRuntime {
  std::string_view name;
  // nullptr where the connector cannot be a source, or a sink.
  Result<std::unique_ptr<SplitEnumerator>> (*make_enumerator)(const SourceDescriptor&) = nullptr;
  Result<std::unique_ptr<SourceReader>> (*make_reader)(SourceContext) = nullptr;
  Result<std::unique_ptr<SinkWriter>> (*make_writer)(SinkContext) = nullptr;
  // Of a sink whose output is sealed first and committed later; on the JobManager.
  Result<std::unique_ptr<SinkCommitter>> (*make_committer)(SinkCommitterContext) = nullptr;
  // Once before the job starts, on the JobManager: is the target writable, is the directory empty?
  // Not when the job goes on from a checkpoint.
  Status (*prepare_sink)(const SinkDescriptor&) = nullptr;
  // Of one that reads or writes paths which a spec names: whether all of them are allowed. Before
  // anything else is done with the options, which may make no sense.
  Status (*check_source_paths)(const OptionMap& options, const AllowedPaths&) = nullptr;
  Status (*check_sink_paths)(const OptionMap& options, const AllowedPaths&) = nullptr;
};

using ConnectorRuntimes = std::vector<ConnectorRuntime>;

const ConnectorRuntime* FindConnector(const ConnectorRuntimes& connectors, std::string_view name);

}  // namespace flinkc
