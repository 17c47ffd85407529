// Descriptors of sources and sinks as protobuf messages and back: shared by the job graph and the
// plans of its chains. Reading checks enums, column indexes and event time against the schema.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "runtime/base/result.h"
#include "runtime/graph/descriptors.h"
#include "runtime/graph/job_graph.pb.h"

namespace flinkc {

proto::SourceDescriptor ToProto(const SourceDescriptor& source);
Result<SourceDescriptor> FromProto(const proto::SourceDescriptor& message);

proto::EventTimeDescriptor ToProto(const EventTimeDescriptor& event_time);
// `source` is the source whose column it names.
Result<EventTimeDescriptor> FromProto(const proto::EventTimeDescriptor& message,
                                      const SourceDescriptor& source);

proto::SinkDescriptor ToProto(const SinkDescriptor& sink);
SinkDescriptor FromProto(const proto::SinkDescriptor& message);

Result<ErrorMode> ErrorModeFromProto(uint32_t number);

void WriteEntries(const std::map<std::string, std::string>& entries,
                  google::protobuf::RepeatedPtrField<proto::Entry>* into);
std::map<std::string, std::string> ReadEntries(
    const google::protobuf::RepeatedPtrField<proto::Entry>& entries);

}  // namespace flinkc
