#include "runtime/net/network_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "tests/unit/runtime/net/raw_socket.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kWait(20);

// A process: its transport, and what has come to its one address.
class Process {
 public:
  explicit Process(std::string address) : address_(std::move(address)) {}

  Status Start(std::optional<NetAddress> listen, std::optional<NetAddress> connect,
               const std::string& version = "1") {
    NetworkTransportOptions options;
    options.address = address_;
    options.listen = listen;
    options.connect = connect;
    options.version = version;
    options.redial_micros_min = 10'000;
    options.redial_micros_max = 50'000;
    ASSIGN_OR_RETURN(transport_,
                     NetworkTransport::Start(std::move(options), &clock_,
                                             [this](const std::string& line) { Note(line); }));
    transport_->Listen(address_, [this](protocol::Envelope envelope) {
      if (envelope.has_peer_changed()) {
        Note((envelope.peer_changed().connected() ? "+" : "-") + envelope.peer_changed().address());
      } else {
        Note(envelope.from() + ":" + envelope.register_task_manager().task_manager_id());
      }
    });
    return {};
  }
  void Send(const std::string& to, const std::string& text) {
    protocol::Envelope envelope;
    envelope.set_from(address_);
    envelope.set_to(to);
    envelope.mutable_register_task_manager()->set_task_manager_id(text);
    transport_->Send(std::move(envelope));
  }
  bool WaitFor(const std::string& what, size_t count = 1, std::chrono::milliseconds wait = kWait) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, wait, [&] {
      return static_cast<size_t>(std::ranges::count_if(notes_, [&](const std::string& note) {
               return note.find(what) != std::string::npos;
             })) >= count;
    });
  }
  std::vector<std::string> notes() {
    std::lock_guard lock(mutex_);
    return notes_;
  }
  NetworkTransport& transport() { return *transport_; }
  void Stop() { transport_.reset(); }

 private:
  void Note(const std::string& note) {
    std::lock_guard lock(mutex_);
    notes_.push_back(note);
    changed_.notify_all();
  }

  const std::string address_;
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
  std::unique_ptr<NetworkTransport> transport_;
};

const NetAddress kAnyPort{"127.0.0.1", 0};

TEST(NetworkTransport, MessagesGoBothWays) {
  Process job_manager("jobmanager"), a("taskmanager/a"), b("taskmanager/b");
  ASSERT_TRUE(job_manager.Start(kAnyPort, std::nullopt));
  const NetAddress address = job_manager.transport().listen_address();
  ASSERT_TRUE(a.Start(std::nullopt, address));
  ASSERT_TRUE(b.Start(std::nullopt, address));
  ASSERT_TRUE(a.WaitFor("+jobmanager"));
  ASSERT_TRUE(b.WaitFor("+jobmanager"));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a"));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/b"));
  a.Send("jobmanager", "hello");
  EXPECT_TRUE(job_manager.WaitFor("taskmanager/a:hello"));
  job_manager.Send("taskmanager/b", "you");
  EXPECT_TRUE(b.WaitFor("jobmanager:you"));
  for (int i = 0; i < 1'000; ++i) a.Send("jobmanager", "n" + std::to_string(i));
  ASSERT_TRUE(job_manager.WaitFor("taskmanager/a:n999"));
  std::vector<std::string> numbered;
  for (const std::string& note : job_manager.notes()) {
    if (note.starts_with("taskmanager/a:n")) numbered.push_back(note);
  }
  for (size_t i = 0; i < numbered.size(); ++i) {
    EXPECT_EQ(numbered[i], "taskmanager/a:n" + std::to_string(i));
  }
  // To nobody: dropped.
  job_manager.Send("taskmanager/c", "anybody?");
  EXPECT_EQ(job_manager.transport().refused(), 0u);
}

TEST(NetworkTransport, BothSidesLearnThatTheOtherIsGoneAndComesAgain) {
  Process job_manager("jobmanager");
  auto a = std::make_unique<Process>("taskmanager/a");
  ASSERT_TRUE(job_manager.Start(kAnyPort, std::nullopt));
  const NetAddress address = job_manager.transport().listen_address();
  ASSERT_TRUE(a->Start(std::nullopt, address));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a"));
  a.reset();
  ASSERT_TRUE(job_manager.WaitFor("-taskmanager/a"));
  a = std::make_unique<Process>("taskmanager/a");
  ASSERT_TRUE(a->Start(std::nullopt, address));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a", 2));
  ASSERT_TRUE(a->WaitFor("+jobmanager"));
  // The other way round.
  job_manager.Stop();
  ASSERT_TRUE(a->WaitFor("-jobmanager"));
  ASSERT_TRUE(a->WaitFor("trying again"));
  ASSERT_TRUE(job_manager.Start(address, std::nullopt));
  ASSERT_TRUE(a->WaitFor("-jobmanager"));
  // It may not have heard yet that it is connected.
  bool came = false;
  for (int i = 0; i < 200 && !came; ++i) {
    a->Send("jobmanager", "again");
    came = job_manager.WaitFor("taskmanager/a:again", 1, std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(came);
}

TEST(NetworkTransport, DisconnectIsHeardAtTheOtherSide) {
  Process job_manager("jobmanager"), a("taskmanager/a");
  ASSERT_TRUE(job_manager.Start(kAnyPort, std::nullopt));
  ASSERT_TRUE(a.Start(std::nullopt, job_manager.transport().listen_address()));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a"));
  ASSERT_TRUE(a.WaitFor("+jobmanager"));
  job_manager.transport().Disconnect("taskmanager/a", "it was silent");
  job_manager.transport().Disconnect("taskmanager/none", "");
  ASSERT_TRUE(a.WaitFor("-jobmanager"));
  ASSERT_TRUE(job_manager.WaitFor("-taskmanager/a"));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a", 2));
}

TEST(NetworkTransport, AnotherVersionAndASecondOfOneIdAreRefused) {
  Process job_manager("jobmanager"), a("taskmanager/a"), old("taskmanager/old"),
      twin("taskmanager/a");
  ASSERT_TRUE(job_manager.Start(kAnyPort, std::nullopt));
  const NetAddress address = job_manager.transport().listen_address();
  ASSERT_TRUE(a.Start(std::nullopt, address));
  ASSERT_TRUE(job_manager.WaitFor("+taskmanager/a"));
  ASSERT_TRUE(old.Start(std::nullopt, address, "0"));
  EXPECT_TRUE(old.WaitFor("must have the same version"));
  ASSERT_TRUE(twin.Start(std::nullopt, address));
  EXPECT_TRUE(twin.WaitFor("there is a `taskmanager/a` already"));
  EXPECT_GT(job_manager.transport().refused(), 0u);
  // The first one is not disturbed.
  a.Send("jobmanager", "still here");
  EXPECT_TRUE(job_manager.WaitFor("taskmanager/a:still here"));
  EXPECT_THAT(job_manager.notes(), Not(Contains("-taskmanager/a")));
}

std::string HelloOf(const std::string& address, protocol::Hello::Purpose purpose) {
  protocol::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_version("1");
  hello.set_address(address);
  hello.set_incarnation("x");
  hello.set_purpose(purpose);
  return FrameOf(hello.SerializeAsString());
}

TEST(NetworkTransport, WhatIsNoMessageOrNotTheSendersEndsTheConnection) {
  Process job_manager("jobmanager");
  ASSERT_TRUE(job_manager.Start(kAnyPort, std::nullopt));
  protocol::Envelope forged;
  forged.set_version(kProtocolVersion);
  forged.set_from("taskmanager/other");
  forged.set_to("jobmanager");
  forged.mutable_register_task_manager();
  protocol::Envelope local = forged;
  local.set_from("taskmanager/a");
  local.mutable_peer_changed()->set_address("taskmanager/b");
  protocol::Envelope old = forged;
  old.set_from("taskmanager/a");
  old.set_version(kProtocolVersion + 1);
  const std::string hello = HelloOf("taskmanager/a", protocol::Hello::CONTROL);
  for (const std::string& bytes :
       {FrameOf("no hello"), FrameOf(""), HelloOf("", protocol::Hello::CONTROL),
        HelloOf("taskmanager/a", protocol::Hello::DATA), hello + FrameOf("no message"),
        hello + FrameOf(forged.SerializeAsString()), hello + FrameOf(local.SerializeAsString()),
        hello + FrameOf(old.SerializeAsString())}) {
    RawSocket socket(job_manager.transport().listen_address());
    ASSERT_TRUE(socket.is_connected());
    socket.Send(bytes);
    // Nothing else is answered, and then the connection ends. (A refused Hello is left to its
    // sender to end: it has read why.)
    if (bytes != HelloOf("taskmanager/a", protocol::Hello::DATA)) socket.ReceiveAll();
  }
  EXPECT_EQ(job_manager.transport().refused(), 8u);
  for (const std::string& note : job_manager.notes()) {
    EXPECT_THAT(note, Not(HasSubstr("taskmanager/other"))) << note;
    EXPECT_THAT(note, Not(HasSubstr("taskmanager/b"))) << note;
  }
}

}  // namespace
}  // namespace flinkc
