// What TaskManagers and clients say to a JobManager, damaged: see damage_messages.h. The bytes are
// also read as a message themselves, and as the first words on a connection.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/damage_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flinkc;
  const google::protobuf::LogSilencer silencer;
  const auto length = static_cast<int>(size);
  protocol::Envelope envelope;
  if (envelope.ParseFromArray(data, length)) {
    TestTime time;
    Dispatcher dispatcher([] { return std::string(32, 'a'); }, time.environment());
    static_cast<void>(dispatcher.OnMessage(envelope));
  }
  protocol::Hello hello;
  static_cast<void>(hello.ParseFromArray(data, length));
  protocol::HelloReply reply;
  static_cast<void>(reply.ParseFromArray(data, length));
  MessageDamage(std::string_view(reinterpret_cast<const char*>(data), size)).Run();
  return 0;
}
