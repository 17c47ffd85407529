// Frames over TLS: who has no certificate of the authority stays outside, and connections end as
// they do without it, also under load, where nng's TLS must be closed in another order.
#include "runtime/net/net_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/net/frame_connection.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kWait(20);

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Authorities and certificates of an hour, made by the openssl command.
class NetTlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::filesystem::path(testing::TempDir()) / "net_tls_test";
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    const std::string curve = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
    for (const char* authority : {"ours", "theirs"}) {
      const std::string name = authority;
      Run("openssl req -x509" + curve + "-keyout " + name + ".key -out " + name +
          ".pem -days 2 -subj /CN=" + name);
    }
    std::ofstream(directory_ / "cluster") << "subjectAltName=DNS:flinkc-cluster\n";
    std::ofstream(directory_ / "other") << "subjectAltName=DNS:other\n";
    for (const auto& [name, authority, alternative] :
         {std::tuple("member", "ours", "cluster"), std::tuple("stranger", "theirs", "cluster"),
          std::tuple("nameless", "ours", "other")}) {
      const std::string file = name;
      Run("openssl req" + curve + "-keyout " + file + ".key -out " + file + ".csr -subj /CN=x");
      Run("openssl x509 -req -in " + file + ".csr -CA " + authority + ".pem -CAkey " + authority +
          ".key -CAcreateserial -days 2 -out " + file + ".pem -extfile " + alternative);
    }
  }
  static void Run(const std::string& command) {
    const std::string line = "cd '" + directory_.string() + "' && " + command + " 2>/dev/null";
    ASSERT_EQ(std::system(line.c_str()), 0) << command;
  }
  static Result<std::shared_ptr<const NetTls>> Make(const std::string& certificate,
                                                    const std::string& key,
                                                    const std::string& authority) {
    return NetTls::Make(Read(directory_ / certificate), Read(directory_ / key),
                        Read(directory_ / authority));
  }
  static FrameOptions OptionsOf(const std::string& name, const std::string& authority = "ours") {
    const auto tls = Make(name + ".pem", name + ".key", authority + ".pem");
    EXPECT_TRUE(tls.has_value());
    FrameOptions options;
    if (tls) options.tls = *tls;
    return options;
  }

  void Listen(const FrameOptions& options) {
    auto server = FrameServer::Listen({"127.0.0.1", 0}, options,
                                      [this](std::shared_ptr<FrameConnection> connection) {
                                        connection->Start({[this](std::string_view frame) {
                                                             std::lock_guard lock(mutex_);
                                                             last_ = frame;
                                                             ++frames_;
                                                             changed_.notify_all();
                                                           },
                                                           [](const Error&) {}});
                                        std::lock_guard lock(mutex_);
                                        accepted_.push_back(std::move(connection));
                                      });
    ASSERT_TRUE(server.has_value());
    server_ = *std::move(server);
  }
  ~NetTlsTest() override {
    LetGo();
    server_.reset();
    LetGo();
  }
  // Of what was accepted, on the test's thread.
  void LetGo() {
    std::vector<std::shared_ptr<FrameConnection>> gone;
    {
      std::lock_guard lock(mutex_);
      gone.swap(accepted_);
    }
  }
  Result<std::shared_ptr<FrameConnection>> Dial(const FrameOptions& options) {
    auto connection = FrameConnection::Dial(server_->address(), 10'000'000, options);
    if (!connection) return connection;
    {
      std::lock_guard lock(mutex_);
      is_over_ = false;
    }
    (*connection)
        ->Start({[](std::string_view) {},
                 [this](const Error&) {
                   std::lock_guard lock(mutex_);
                   is_over_ = true;
                   changed_.notify_all();
                 }});
    return connection;
  }
  bool WaitUntilOver() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kWait, [&] { return is_over_; });
  }

  inline static std::filesystem::path directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<FrameConnection>> accepted_;
  std::string last_;
  int frames_ = 0;
  bool is_over_ = false;
  std::unique_ptr<FrameServer> server_;
};

TEST_F(NetTlsTest, MembersTalk) {
  Listen(OptionsOf("member"));
  const auto connection = Dial(OptionsOf("member"));
  ASSERT_TRUE(connection.has_value()) << connection.error().message;
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) EXPECT_TRUE((*connection)->Send(large));
  EXPECT_TRUE((*connection)->Send("the last"));
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kWait, [&] { return frames_ == 21; }));
  EXPECT_EQ(last_, "the last");
}

TEST_F(NetTlsTest, OthersDoNot) {
  Listen(OptionsOf("member"));
  FrameOptions plain;
  for (const FrameOptions& options :
       {OptionsOf("stranger"), OptionsOf("member", "theirs"), plain}) {
    const auto connection = Dial(options);
    if (!connection) continue;
    // The server finds out when the client takes the connection for made.
    (*connection)->Send("hello");
    EXPECT_TRUE(WaitUntilOver());
  }
  EXPECT_EQ(frames_, 0);
}

TEST_F(NetTlsTest, AMemberInAnotherNameIsNoServer) {
  Listen(OptionsOf("nameless"));
  const auto connection = Dial(OptionsOf("member"));
  if (connection) {
    (*connection)->Send("hello");
    EXPECT_TRUE(WaitUntilOver());
  }
  EXPECT_EQ(frames_, 0);
}

TEST_F(NetTlsTest, ManyEndsUnderLoad) {
  Listen(OptionsOf("member"));
  const FrameOptions options = OptionsOf("member");
  for (int i = 0; i < 200; ++i) {
    auto connection = Dial(options);
    ASSERT_TRUE(connection.has_value()) << i << ": " << connection.error().message;
    for (int k = 0; k < 20; ++k) (*connection)->Send(std::string(100'000, 'x'));
    if (i % 4 == 0) continue;  // let go of while it sends
    if (i % 4 == 1) (*connection)->Close({ErrorCode::kUnavailable, "we close"});
    if (i % 4 != 1) LetGo();  // by the other side, perhaps before it has accepted
    if (i % 4 == 3) (*connection)->Close({ErrorCode::kUnavailable, "both close"});
    if (i % 4 != 2) EXPECT_TRUE(WaitUntilOver()) << i;
    LetGo();
  }
}

TEST_F(NetTlsTest, WhatIsNoCertificateIsRefused) {
  const auto refused = [&](const char* certificate, const char* key, const char* authority) {
    const auto tls = Make(certificate, key, authority);
    return tls ? "" : tls.error().message;
  };
  EXPECT_THAT(refused("cluster", "member.key", "ours.pem"), HasSubstr("certificate"));
  EXPECT_THAT(refused("member.pem", "cluster", "ours.pem"), HasSubstr("key"));
  EXPECT_THAT(refused("member.pem", "member.key", "cluster"), HasSubstr("authority"));
}

}  // namespace
}  // namespace flinkc
