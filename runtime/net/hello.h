// Who is at one side of a connection, and what both sides say first.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/protocol/messages.pb.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

struct Identity {
  std::string address;      // "taskmanager/<id>"; of an exchange its TaskManager's id
  std::string incarnation;  // random, of the process
  std::string version;      // of flinkc

  protocol::Hello Hello(protocol::Hello::Purpose purpose, int64_t wall_micros) const {
    protocol::Hello hello;
    hello.set_protocol_version(kProtocolVersion);
    hello.set_version(version);
    hello.set_address(address);
    hello.set_incarnation(incarnation);
    hello.set_purpose(purpose);
    hello.set_wall_micros(wall_micros);
    return hello;
  }
  protocol::HelloReply Reply(int64_t wall_micros) const {
    protocol::HelloReply reply;
    reply.set_version(version);
    reply.set_address(address);
    reply.set_incarnation(incarnation);
    reply.set_wall_micros(wall_micros);
    return reply;
  }
  // Processes of different versions do not talk.
  bool IsSameVersion(const protocol::Hello& hello) const {
    return hello.protocol_version() == kProtocolVersion && hello.version() == version;
  }
};

}  // namespace flinkc
