#include "runtime/jobmanager/job_manager.h"

#include <fmt/format.h>

#include <deque>
#include <random>
#include <utility>

namespace flinkc {

namespace {

constexpr int64_t kProgressIntervalMicros = 200'000;

std::string RandomJobId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

JobManager::JobManager(Transport* transport, const ConnectorRuntimes* connectors)
    : transport_(transport),
      connectors_(connectors),
      dispatcher_(RandomJobId),
      endpoint_(
          transport, kAddress,
          [this](const protocol::Envelope& envelope) { Execute(dispatcher_.OnMessage(envelope)); },
          [this] { Execute(dispatcher_.OnProgressTimer()); }, kProgressIntervalMicros) {}

void JobManager::Execute(DispatcherCommands commands) {
  std::deque<DispatcherCommand> queue(std::move_iterator(commands.begin()),
                                      std::move_iterator(commands.end()));
  while (!queue.empty()) {
    DispatcherCommand command = std::move(queue.front());
    queue.pop_front();
    if (auto* send = std::get_if<SendCommand>(&command)) {
      send->envelope.set_from(kAddress);
      transport_->Send(std::move(send->envelope));
      continue;
    }
    const auto& prepare = std::get<PrepareJobCommand>(command);
    Result<PreparedJob> prepared = Prepare(*prepare.graph);
    DispatcherCommands more = prepared
                                  ? dispatcher_.OnPrepared(prepare.job_id, *std::move(prepared))
                                  : dispatcher_.OnPrepareFailed(prepare.job_id, prepared.error());
    for (DispatcherCommand& next : more) queue.push_back(std::move(next));
  }
}

Result<PreparedJob> JobManager::Prepare(const JobGraph& graph) const {
  PreparedJob prepared;
  for (const JobVertex& vertex : graph.vertices) {
    for (const SinkDescriptor& sink : vertex.sinks) {
      const ConnectorRuntime* connector = FindConnector(*connectors_, sink.connector);
      if (connector == nullptr || connector->make_writer == nullptr) {
        return MakeError(ErrorCode::kInvalidArgument,
                         fmt::format("sink `{}`: this build has no connector `{}` that can write",
                                     sink.name, sink.connector));
      }
      if (connector->prepare_sink == nullptr) continue;
      if (Status status = connector->prepare_sink(sink); !status) {
        return std::unexpected(
            std::move(status).error().WithContext(fmt::format("sink `{}`", sink.name)));
      }
    }
    if (!vertex.source.has_value()) continue;
    const SourceDescriptor& source = *vertex.source;
    const std::string context = fmt::format("source `{}`", source.name);
    const ConnectorRuntime* connector = FindConnector(*connectors_, source.connector);
    if (connector == nullptr || connector->make_enumerator == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{}: this build has no connector `{}` that can read", context,
                                   source.connector));
    }
    auto enumerator = connector->make_enumerator(source);
    if (!enumerator) return std::unexpected(std::move(enumerator).error().WithContext(context));
    auto splits = (*enumerator)->Enumerate(vertex.parallelism);
    if (!splits) return std::unexpected(std::move(splits).error().WithContext(context));
    prepared.sources[vertex.id.value()] = {*std::move(splits),
                                           (*enumerator)->assigns_all_at_start()};
  }
  return prepared;
}

}  // namespace flinkc
