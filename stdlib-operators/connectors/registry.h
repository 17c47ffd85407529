// The list of connectors, twice: what the compiler knows of them, and how the runtime makes them.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

// blackhole, console, datagen, file, nexmark.
const ConnectorRecords& StdConnectorRecords();
const ConnectorRuntimes& StdConnectors();

}  // namespace flinkc
