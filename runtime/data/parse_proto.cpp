#include "runtime/data/parse_proto.h"

#include <google/protobuf/stubs/logging.h>

#include <limits>

namespace flinkc {

bool ParseProto(std::string_view bytes, google::protobuf::MessageLite* message) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  google::protobuf::LogSilencer silencer;
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace flinkc
