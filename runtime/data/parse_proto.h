// Reads a protobuf message out of bytes that nobody vouches for.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string_view>

namespace flinkc {

// False: not such a message, or damaged. Says nothing on standard error, as libprotobuf would.
bool ParseProto(std::string_view bytes, google::protobuf::MessageLite* message);

}  // namespace flinkc
