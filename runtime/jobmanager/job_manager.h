// The shell around Dispatcher, JobMasters and ResourceManager: their thread, their messages, and
// the files that preparing a job looks at.
#pragma once

#include <memory>

#include "runtime/connector/connector_runtime.h"
#include "runtime/jobmanager/dispatcher.h"
#include "runtime/protocol/endpoint.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

class JobManager {
 public:
  static constexpr const char* kAddress = "jobmanager";

  // Listens from the start. `transport` and `connectors` must outlive it.
  JobManager(Transport* transport, const ConnectorRuntimes* connectors);

 private:
  void Execute(DispatcherCommands commands);
  // Finds the splits of the sources and looks whether the sinks can be written.
  Result<PreparedJob> Prepare(const JobGraph& graph) const;

  // Constant after construction.
  Transport* const transport_;
  const ConnectorRuntimes* const connectors_;
  // The endpoint's thread only.
  Dispatcher dispatcher_;
  Endpoint endpoint_;
};

}  // namespace flinkc
