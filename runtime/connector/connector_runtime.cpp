#include "runtime/connector/connector_runtime.h"

namespace flinkc {

const ConnectorRuntime* FindConnector(const ConnectorRuntimes& connectors, std::string_view name) {
  for (const ConnectorRuntime& connector : connectors) {
    if (connector.name == name) return &connector;
  }
  return nullptr;
}

}  // namespace flinkc
