#include "runtime/protocol/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "runtime/protocol/in_process_transport.h"

namespace flinkc {
namespace {

using testing::ElementsAre;

constexpr std::chrono::seconds kPatience(20);

protocol::Envelope CancelOf(const std::string& job_id, const std::string& to) {
  protocol::Envelope envelope;
  envelope.set_to(to);
  envelope.mutable_cancel_job()->set_job_id(job_id);
  return envelope;
}

// Keeps the job ids that it was sent; "end" fulfils `ended`.
struct Inbox {
  std::vector<std::string> seen;  // read after `ended`
  std::promise<void> end;
  std::future<void> ended = end.get_future();

  void Take(const protocol::Envelope& envelope) {
    if (envelope.cancel_job().job_id() == "end") {
      end.set_value();
    } else {
      seen.push_back(envelope.cancel_job().job_id());
    }
  }
  bool Wait() { return ended.wait_for(kPatience) == std::future_status::ready; }
};

TEST(Endpoint, TakesMessagesOneByOneInTheOrderOfTheSender) {
  InProcessTransport transport;
  Inbox inbox;
  Endpoint endpoint(&transport, "a", [&](const auto& envelope) { inbox.Take(envelope); });
  for (const char* id : {"1", "2", "3", "end"}) transport.Send(CancelOf(id, "a"));
  ASSERT_TRUE(inbox.Wait());
  EXPECT_THAT(inbox.seen, ElementsAre("1", "2", "3"));
}

TEST(Endpoint, MessagesToNobodyAreDropped) {
  InProcessTransport transport;
  transport.Send(CancelOf("1", "nobody"));
  Inbox inbox;
  Endpoint endpoint(&transport, "a", [&](const auto& envelope) { inbox.Take(envelope); });
  transport.Send(CancelOf("2", "b"));
  transport.Send(CancelOf("end", "a"));
  ASSERT_TRUE(inbox.Wait());
  EXPECT_THAT(inbox.seen, ElementsAre());
}

// Sends what it is given as it is, whatever its version.
class VersionedTransport final : public Transport {
 public:
  void Listen(const std::string&, Handler handler) override { handler_ = std::move(handler); }
  void Unlisten(const std::string&) override {}
  void Send(protocol::Envelope envelope) override { handler_(std::move(envelope)); }

 private:
  Handler handler_;
};

TEST(Endpoint, AMessageOfAnotherVersionIsNotUnderstood) {
  VersionedTransport transport;
  Inbox inbox;
  Endpoint endpoint(&transport, "a", [&](const auto& envelope) { inbox.Take(envelope); });
  for (uint32_t version : {0u, kProtocolVersion + 1, kProtocolVersion}) {
    protocol::Envelope envelope = CancelOf(std::to_string(version), "a");
    envelope.set_version(version);
    transport.Send(std::move(envelope));
  }
  protocol::Envelope end = CancelOf("end", "a");
  end.set_version(kProtocolVersion);
  transport.Send(std::move(end));
  ASSERT_TRUE(inbox.Wait());
  EXPECT_THAT(inbox.seen, ElementsAre(std::to_string(kProtocolVersion)));
}

TEST(Endpoint, AfterItsEndNothingIsTaken) {
  InProcessTransport transport;
  int taken = 0;
  {
    Endpoint endpoint(&transport, "a", [&](const auto&) { ++taken; });
  }
  transport.Send(CancelOf("1", "a"));
  EXPECT_EQ(taken, 0);
}

TEST(Endpoint, CallsItsTimerAgainAndAgain) {
  InProcessTransport transport;
  std::promise<void> thrice;
  std::atomic<int> calls{0};
  Endpoint endpoint(
      &transport, "a", [](const auto&) {},
      [&] {
        if (++calls == 3) thrice.set_value();
      },
      1000);
  EXPECT_EQ(thrice.get_future().wait_for(kPatience), std::future_status::ready);
}

TEST(Endpoint, ItsTimerIsNotHeldUpByMessages) {
  InProcessTransport transport;
  std::promise<void> fired;
  std::atomic<bool> done{false};
  // Each message sends the next: the mailbox is never empty.
  Endpoint endpoint(
      &transport, "a",
      [&](const auto&) {
        if (!done) transport.Send(CancelOf("1", "a"));
      },
      [&] {
        if (!done.exchange(true)) fired.set_value();
      },
      1000);
  transport.Send(CancelOf("1", "a"));
  EXPECT_EQ(fired.get_future().wait_for(kPatience), std::future_status::ready);
}

}  // namespace
}  // namespace flinkc
