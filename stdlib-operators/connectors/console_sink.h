// The `console` sink: prints rows, one a line. Without a format as Flink's print does,
// `+I[1, abc, NULL]`; with json or csv as that format writes them, and the kind of the row before
// it where the stream is updated.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

ConnectorRecord ConsoleRecord();
ConnectorRuntime ConsoleRuntime();

}  // namespace flinkc
