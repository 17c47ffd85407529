#include "runtime/net/network_exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>

#include "tests/unit/runtime/net/raw_socket.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kWait(20);
const Schema kSchema({{"n", DataType(TypeKind::kBigint).NotNull()}});

// A TaskManager's exchange, and the failures that it tells of.
struct Side {
  explicit Side(const std::string& name, const std::string& version = "1",
                int64_t connect_micros_max = 10'000'000)
      : id(name) {
    NetworkExchangeOptions options;
    options.id = name;
    options.version = version;
    options.connect_micros_max = connect_micros_max;
    auto started = NetworkExchange::Start(std::move(options), &clock, nullptr);
    EXPECT_TRUE(started) << started.error().message;
    exchange = *std::move(started);
  }

  std::function<void(const Error&)> OnFailure() {
    return [this](const Error& error) {
      std::lock_guard lock(mutex);
      failures.push_back(error.message);
      changed.notify_all();
    };
  }
  bool WaitForFailure() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kWait, [this] { return !failures.empty(); });
  }
  std::string address() const { return exchange->listen_address().Print(); }

  const std::string id;
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> failures;
  std::unique_ptr<NetworkExchange> exchange;
};

// A channel from one side to the other, both ends of the local channels in the test's hands.
struct Way {
  Way(Side& from, Side& to)
      : in(std::make_shared<Channel>(parking, from.exchange->parking(), 8)),
        out(std::make_shared<Channel>(to.exchange->parking(), parking, 8)) {}

  void Push(int64_t value) {
    auto batch = std::make_shared<RecordBatch>(kSchema, 1'000, false, false, nullptr);
    for (int row = 0; row < 1'000; ++row) batch->Values<int64_t>(0)[row] = value + row;
    batch->set_row_count(1'000);
    while (!in->HasRoom()) Rest();
    in->Push(StreamElement::Batch(std::move(batch)));
  }
  std::optional<StreamElement> Pop(std::chrono::milliseconds wait = kWait) {
    StreamElement element;
    const auto end = std::chrono::steady_clock::now() + wait;
    while (!out->Pop(&element)) {
      if (std::chrono::steady_clock::now() > end) return std::nullopt;
      Rest();
    }
    return element;
  }
  static void Rest() { std::this_thread::yield(); }

  std::shared_ptr<Parking> parking = std::make_shared<Parking>();
  std::shared_ptr<Channel> in;
  std::shared_ptr<Channel> out;
};

PeerChannels SenderOf(const Way& way, uint64_t channel, const Side& to, uint32_t attempt = 1) {
  PeerChannels channels{to.id, to.address(), {}, {}};
  channels.senders.push_back({{channel, attempt}, "job", way.in, kSchema, true});
  return channels;
}
PeerChannels ReceiverOf(const Way& way, uint64_t channel, const Side& from, uint32_t attempt = 1) {
  PeerChannels channels{from.id, from.address(), {}, {}};
  channels.receivers.push_back({{channel, attempt},
                                "job",
                                way.out,
                                std::make_shared<BatchReader>(kSchema, false, false, nullptr),
                                kCreditWindowDefault,
                                nullptr});
  return channels;
}

void Connect(Side& from, Side& to, const Way& way, uint64_t channel, uint32_t attempt = 1) {
  from.exchange->Add("job", attempt, {SenderOf(way, channel, to, attempt)}, from.OnFailure());
  to.exchange->Add("job", attempt, {ReceiverOf(way, channel, from, attempt)}, to.OnFailure());
}

void ExpectRows(Way& way, int64_t value) {
  const std::optional<StreamElement> element = way.Pop();
  ASSERT_TRUE(element);
  ASSERT_EQ(element->kind, ElementKind::kBatch);
  ASSERT_EQ(element->batch->row_count(), 1'000);
  EXPECT_EQ(element->batch->Values<int64_t>(0)[0], value);
  EXPECT_EQ(element->batch->Values<int64_t>(0)[999], value + 999);
}

TEST(NetworkExchange, RowsGoWhicheverSideConnects) {
  for (const bool from_smaller : {true, false}) {
    Side a("a"), b("b");
    Side& from = from_smaller ? a : b;
    Side& to = from_smaller ? b : a;
    Way way(from, to);
    Connect(from, to, way, 7);
    std::thread producer([&way] {
      for (int64_t i = 0; i < 200; ++i) way.Push(i);
      while (!way.in->HasRoom()) Way::Rest();
      way.in->Push(StreamElement::Watermark(5));
      while (!way.in->HasRoom()) Way::Rest();
      way.in->Push(StreamElement::End());
    });
    for (int64_t i = 0; i < 200; ++i) ExpectRows(way, i);
    EXPECT_EQ(way.Pop()->watermark, 5);
    EXPECT_EQ(way.Pop()->kind, ElementKind::kEnd);
    producer.join();
    EXPECT_TRUE(a.failures.empty());
    EXPECT_TRUE(b.failures.empty());
    a.exchange->Remove("job", 1);
    b.exchange->Remove("job", 1);
  }
}

TEST(NetworkExchange, APeerThatDiesFailsTheAttemptAndTheNextOneWorks) {
  Side a("a");
  auto b = std::make_unique<Side>("b");
  const NetAddress address = b->exchange->listen_address();
  {
    Way way(a, *b);
    Connect(a, *b, way, 7);
    way.Push(1);
    ExpectRows(way, 1);
    b->exchange->Remove("job", 1);
    b.reset();
    EXPECT_TRUE(a.WaitForFailure());
    EXPECT_THAT(a.failures.front(), HasSubstr("a channel with the TaskManager `b`"));
    a.exchange->Remove("job", 1);
  }
  b = std::make_unique<Side>("b");
  Way way(a, *b);
  Connect(a, *b, way, 8, 2);
  way.Push(2);
  ExpectRows(way, 2);
  a.exchange->Remove("job", 2);
  b->exchange->Remove("job", 2);
}

TEST(NetworkExchange, APeerThatIsNotThereFailsTheAttempt) {
  Side a("a", "1", 300'000), b("b", "1", 300'000);
  Way way(a, b);
  const std::string nobody = "127.0.0.1:1";
  PeerChannels dials = SenderOf(way, 7, b);
  dials.data_address = nobody;
  a.exchange->Add("job", 1, {dials}, a.OnFailure());
  EXPECT_TRUE(a.WaitForFailure());
  // It waits for the other one to connect.
  b.exchange->Add("job", 1, {SenderOf(way, 7, a)}, b.OnFailure());
  EXPECT_TRUE(b.WaitForFailure());
  EXPECT_THAT(b.failures.front(), HasSubstr("no connection to the TaskManager `a`"));
  a.exchange->Remove("job", 1);
  b.exchange->Remove("job", 1);
}

TEST(NetworkExchange, AnotherVersionIsNoPeer) {
  Side a("a", "1"), b("b", "2");
  Way way(a, b);
  Connect(a, b, way, 7);
  EXPECT_TRUE(a.WaitForFailure());
  a.exchange->Remove("job", 1);
  b.exchange->Remove("job", 1);
}

TEST(NetworkExchange, StrangersDisturbNobody) {
  Side a("a"), b("b");
  Way way(a, b);
  Connect(a, b, way, 7);
  way.Push(1);
  ExpectRows(way, 1);
  for (const Side* side : {&a, &b}) {
    for (const std::string_view bytes :
         {std::string_view("GET / HTTP/1.0\r\n\r\n"), std::string_view("\3\0\0\0\0\0\0\0abc", 11),
          std::string_view("\xFF\xFF\xFF\xFF")}) {
      RawSocket socket(side->exchange->listen_address());
      socket.Send(bytes);
    }
  }
  way.Push(2);
  ExpectRows(way, 2);
  EXPECT_TRUE(a.failures.empty());
  EXPECT_TRUE(b.failures.empty());
  a.exchange->Remove("job", 1);
  b.exchange->Remove("job", 1);
}

// Time passes when the test says so.
class HeldClock final : public Clock {
 public:
  int64_t NowMicros() const override { return micros_.load(); }
  int64_t MonotonicNanos() const override { return micros_.load() * 1'000; }
  void Pass(int64_t micros) { micros_.fetch_add(micros); }

 private:
  std::atomic<int64_t> micros_{1'000'000'000};
};

// A peer that is cut off sends no end of its connection.
TEST(NetworkExchange, APeerOfWhichNothingComesIsGivenUp) {
  constexpr int64_t kInterval = 100'000, kTimeout = 500'000;
  HeldClock clock;
  NetworkExchangeOptions options;
  options.id = "b";
  options.version = "1";
  auto started = NetworkExchange::Start(std::move(options), &clock, nullptr);
  ASSERT_TRUE(started) << started.error().message;
  NetworkExchange& b = **started;
  b.WatchPeers(kInterval, kTimeout);
  std::promise<std::string> failure;
  std::future<std::string> failed = failure.get_future();
  std::once_flag first;
  auto parking = std::make_shared<Parking>();
  PeerChannels channels{"a", "127.0.0.1:1", {}, {}};
  channels.senders.push_back(
      {{7, 1}, "job", std::make_shared<Channel>(parking, b.parking(), 8), kSchema, true});
  b.Add("job", 1, {channels}, [&](const Error& error) {
    std::call_once(first, [&] { failure.set_value(error.message); });
  });

  RawSocket a(b.listen_address());
  ASSERT_TRUE(a.is_connected());
  const Identity identity{"a", "incarnation", "1"};
  a.Send(FrameOf(identity.Hello(protocol::Hello::DATA, 0).SerializeAsString(), false));
  EXPECT_TRUE(a.ReceiveFrame()) << "the answer";
  // In steps that are no standstill of its own. Each of its heartbeats shows that it has looked.
  const auto pass = [&] {
    clock.Pass(kInterval);
    std::optional<std::string> frame = a.ReceiveFrame();
    while (frame && !frame->empty()) frame = a.ReceiveFrame();  // of the channel
    return frame.has_value();
  };
  // A frame that comes for longer than the timeout, a byte at a time.
  a.Send(std::string_view("\0\0\1\0\0\0\0\0", 8));
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(pass());
    a.Send("x");
    EXPECT_EQ(failed.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
  // And then nothing: after the timeout it closes.
  int heartbeats = 0;
  while (pass()) ASSERT_LT(++heartbeats, 100);
  EXPECT_GE(heartbeats, 4);
  ASSERT_EQ(failed.wait_for(kWait), std::future_status::ready);
  EXPECT_THAT(failed.get(), HasSubstr("a channel with the TaskManager `a`: nothing has come from "
                                      "it for 500 ms (heartbeat.timeout)"));
  b.Remove("job", 1);
}

TEST(NetworkExchange, PeersThatHaveNothingToSayStay) {
  Side a("a"), b("b");
  a.exchange->WatchPeers(20'000, 3'000'000);
  b.exchange->WatchPeers(20'000, 3'000'000);
  Way way(a, b);
  Connect(a, b, way, 7);
  for (int64_t i = 0; i < 3; ++i) {
    way.Push(i);
    ExpectRows(way, i);
    // Some heartbeats come in between.
    EXPECT_FALSE(way.Pop(std::chrono::milliseconds(100)));
  }
  EXPECT_TRUE(a.failures.empty());
  EXPECT_TRUE(b.failures.empty());
  a.exchange->Remove("job", 1);
  b.exchange->Remove("job", 1);
}

}  // namespace
}  // namespace flinkc
