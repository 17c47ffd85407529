#include "runtime/net/frame_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <random>
#include <thread>

#include "tests/unit/runtime/net/raw_socket.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kWait(20);

// One side of a connection, and what it has seen.
class Side {
 public:
  explicit Side(std::function<void(Side&, std::string_view)> on_frame = nullptr)
      : on_frame_(std::move(on_frame)) {}

  void Take(std::shared_ptr<FrameConnection> connection) {
    {
      std::lock_guard lock(mutex_);
      connection_ = connection;
    }
    connection->Start({[this](std::string_view frame) {
                         if (on_frame_) on_frame_(*this, frame);
                         std::lock_guard lock(mutex_);
                         frames_.emplace_back(frame);
                         changed_.notify_all();
                       },
                       [this](const Error& why) {
                         std::lock_guard lock(mutex_);
                         ++closed_;
                         why_ = why;
                         changed_.notify_all();
                       }});
  }
  template <typename Condition>
  bool Wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kWait, [&] { return condition(*this); });
  }
  bool WaitForFrames(size_t count) {
    return Wait([count](const Side& side) { return side.frames_.size() >= count; });
  }
  bool WaitForEnd() {
    return Wait([](const Side& side) { return side.closed_ > 0; });
  }
  bool is_connected() const { return connection_ != nullptr; }
  std::vector<std::string> frames() {
    std::lock_guard lock(mutex_);
    return frames_;
  }
  Error why() {
    std::lock_guard lock(mutex_);
    return why_.value_or(Error{});
  }
  int closed() {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  std::shared_ptr<FrameConnection> connection() {
    std::lock_guard lock(mutex_);
    return connection_;
  }
  // On the test's thread.
  void LetGo() {
    std::shared_ptr<FrameConnection> gone;
    {
      std::lock_guard lock(mutex_);
      gone.swap(connection_);
    }
    gone.reset();
  }

 private:
  const std::function<void(Side&, std::string_view)> on_frame_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<FrameConnection> connection_;
  std::vector<std::string> frames_;
  int closed_ = 0;
  std::optional<Error> why_;
};

class FrameConnectionTest : public testing::Test {
 protected:
  void Listen(Side& side, FrameOptions options = {}) {
    auto server = FrameServer::Listen(
        {"127.0.0.1", 0}, options,
        [&side](std::shared_ptr<FrameConnection> connection) { side.Take(std::move(connection)); });
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  void Dial(Side& side) {
    auto connection = FrameConnection::Dial(server_->address(), 5'000'000, {});
    ASSERT_TRUE(connection) << connection.error().message;
    side.Take(*std::move(connection));
  }

  std::unique_ptr<FrameServer> server_;
};

TEST_F(FrameConnectionTest, FramesOfAnySizeComeWholeAndInOrderBothWays) {
  std::mt19937_64 random(1);
  std::vector<std::string> sent;
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{7}, size_t{4096}, size_t{262'143}, size_t{262'144},
        size_t{3'000'000}, size_t{0}, size_t{20'000'000}, size_t{5}}) {
    std::string frame(size, '\0');
    for (size_t i = 0; i < size; i += 97) frame[i] = static_cast<char>(random());
    sent.push_back(std::move(frame));
  }
  // Before the sides, which they call.
  Side right([](Side& side, std::string_view frame) {
    side.connection()->Send(std::string(frame));  // an echo
  });
  Side left;
  Listen(right);
  Dial(left);
  for (const std::string& frame : sent) ASSERT_TRUE(left.connection()->Send(frame));
  ASSERT_TRUE(left.WaitForFrames(sent.size()));
  EXPECT_TRUE(left.frames() == sent);
  EXPECT_TRUE(right.frames() == sent);
  EXPECT_EQ(left.connection()->queued_bytes(), 0u);
  left.LetGo();
  EXPECT_TRUE(right.WaitForEnd());
  EXPECT_EQ(right.why().code, ErrorCode::kUnavailable);
  EXPECT_THAT(right.why().message, HasSubstr("closed the connection"));
  EXPECT_FALSE(right.connection()->Send("too late"));
  server_.reset();
  right.LetGo();
}

TEST_F(FrameConnectionTest, ManySmallFramesFromSeveralThreads) {
  Side right, left;
  Listen(right);
  Dial(left);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&left, thread] {
      for (int i = 0; i < 5'000; ++i) {
        left.connection()->Send(std::to_string(thread) + ":" + std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(right.WaitForFrames(15'000));
  int next[3] = {};
  for (const std::string& frame : right.frames()) {
    EXPECT_EQ(frame.substr(2), std::to_string(next[frame[0] - '0']++));
  }
  left.LetGo();
  server_.reset();
  right.LetGo();
}

TEST_F(FrameConnectionTest, NobodyListens) {
  Side side;
  Listen(side);
  const NetAddress address = server_->address();
  server_.reset();
  const auto connection = FrameConnection::Dial(address, 1'000'000, {});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(connection.error().message, HasSubstr("cannot connect to " + address.Print()));
}

TEST_F(FrameConnectionTest, APortInUse) {
  Side side;
  Listen(side);
  const auto other = FrameServer::Listen(server_->address(), {}, nullptr);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("cannot listen on"));
}

TEST_F(FrameConnectionTest, AFrameThatIsTooLongOrDamagedEndsTheConnection) {
  const std::string good = FrameOf("good");
  std::string damaged = FrameOf("bad");
  damaged[9] ^= 1;
  const std::string huge("\xFF\xFF\xFF\xFF\0\0\0\0", 8);
  for (const std::string& bad : {damaged, huge}) {
    Side side;
    Listen(side, {1'000});
    RawSocket socket(server_->address());
    socket.Send(good + bad + good);
    ASSERT_TRUE(side.WaitForEnd());
    EXPECT_EQ(side.frames(), std::vector<std::string>{"good"});
    EXPECT_EQ(side.why().code, ErrorCode::kCorrupt) << side.why().message;
    side.LetGo();
    server_.reset();
  }
}

TEST_F(FrameConnectionTest, FramesWithoutChecksums) {
  Side side;
  Listen(side, {.frame_bytes_max = 1'000, .checksums = false});
  RawSocket socket(server_->address());
  socket.Send(FrameOf("one", false) + FrameOf("", false) + FrameOf("two", true));
  ASSERT_TRUE(side.WaitForEnd());
  EXPECT_EQ(side.frames(), (std::vector<std::string>{"one", ""}));
  EXPECT_EQ(side.why().code, ErrorCode::kCorrupt) << side.why().message;
  side.LetGo();
}

TEST_F(FrameConnectionTest, FramesInPieces) {
  Side side;
  Listen(side);
  RawSocket socket(server_->address());
  const std::string bytes = FrameOf("one") + FrameOf("") + FrameOf("three");
  for (const char byte : bytes) socket.Send({&byte, 1});
  ASSERT_TRUE(side.WaitForFrames(3));
  EXPECT_EQ(side.frames(), (std::vector<std::string>{"one", "", "three"}));
  server_.reset();
  side.LetGo();
}

// What comes may be anything: nothing of it may crash.
TEST_F(FrameConnectionTest, Garbage) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Side side;
    Listen(side, {10'000});
    {
      RawSocket socket(server_->address());
      std::string bytes = random() % 2 ? FrameOf("x") : "";
      for (size_t i = random() % 300; i > 0; --i) bytes += static_cast<char>(random());
      if (random() % 2) socket.ResetOnClose();
      socket.Send(bytes);
    }
    ASSERT_TRUE(side.Wait([](const Side& seen) { return seen.is_connected(); }) ||
                side.closed() > 0);
    ASSERT_TRUE(side.WaitForEnd());
    EXPECT_EQ(side.closed(), 1);
    server_.reset();
    side.LetGo();
  }
}

// The hazard of nng 1.5.2: what is closed while data arrives.
TEST_F(FrameConnectionTest, FiveHundredClosesUnderLoad) {
  for (int round = 0; round < 500; ++round) {
    Side right, left;
    Listen(right);
    Dial(left);
    std::atomic<bool> stop{false};
    std::thread sender([&] {
      const auto connection = left.connection();
      while (!stop && connection->queued_bytes() < 8'000'000 &&
             connection->Send(std::string(30'000, 'x'))) {
      }
    });
    ASSERT_TRUE(right.WaitForFrames(1 + round % 20)) << round;
    switch (round % 4) {
      case 0:
        right.LetGo();  // the receiver, while data comes
        break;
      case 1:
        left.connection()->Close({ErrorCode::kCancelled, "enough"});
        ASSERT_TRUE(left.WaitForEnd());
        EXPECT_EQ(left.why().message, "enough");
        break;
      case 2:
        right.connection()->Close({ErrorCode::kCancelled, "enough"});
        break;
      default:
        break;
    }
    stop = true;
    sender.join();
    server_.reset();
    left.LetGo();
    right.LetGo();
    EXPECT_LE(left.closed(), 1);
    EXPECT_LE(right.closed(), 1);
  }
}

TEST_F(FrameConnectionTest, ClosedInAHandler) {
  for (int round = 0; round < 50; ++round) {
    Side right([](Side& side, std::string_view) {
      side.connection()->Close({ErrorCode::kCorrupt, "no more"});
    });
    Side left;
    Listen(right);
    Dial(left);
    for (int i = 0; i < 10; ++i) left.connection()->Send("x");
    ASSERT_TRUE(right.WaitForEnd());
    EXPECT_EQ(right.why().message, "no more");
    EXPECT_EQ(right.frames().size(), 1u);
    server_.reset();
    right.LetGo();
    ASSERT_TRUE(left.WaitForEnd());
    left.LetGo();
  }
}

}  // namespace
}  // namespace flinkc
