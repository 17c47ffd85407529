#include "stdlib-operators/connectors/registry.h"

#include "stdlib-operators/connectors/blackhole_sink.h"
#include "stdlib-operators/connectors/console_sink.h"
#include "stdlib-operators/connectors/datagen_source.h"
#include "stdlib-operators/connectors/file_sink.h"
#include "stdlib-operators/connectors/file_source.h"
#include "stdlib-operators/connectors/nexmark_source.h"

namespace flinkc {

namespace {

ConnectorRecord FileRecord() {
  ConnectorRecord record{"file", "files of CSV, JSON lines or text, plain or packed"};
  record.source = FileSourceRecord();
  record.sink = FileSinkRecord();
  return record;
}

ConnectorRuntime FileRuntime() {
  ConnectorRuntime runtime;
  runtime.name = "file";
  runtime.make_enumerator = MakeFileEnumerator;
  runtime.make_reader = MakeFileReader;
  runtime.make_writer = MakeFileWriter;
  runtime.make_committer = MakeFileCommitter;
  runtime.prepare_sink = PrepareFileSink;
  runtime.check_source_paths = CheckFileSourcePaths;
  runtime.check_sink_paths = CheckFileSinkPaths;
  return runtime;
}

}  // namespace

const ConnectorRecords& StdConnectorRecords() {
  static const ConnectorRecords records = {BlackholeRecord(), ConsoleRecord(), DatagenRecord(),
                                           FileRecord(), NexmarkRecord()};
  return records;
}

const ConnectorRuntimes& StdConnectors() {
  static const ConnectorRuntimes runtimes = {BlackholeRuntime(), ConsoleRuntime(), DatagenRuntime(),
                                             FileRuntime(), NexmarkRuntime()};
  return runtimes;
}

}  // namespace flinkc
