#include "compiler/jit/object_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "compiler/codegen/function_builder.h"
#include "compiler/jit/jit_compiler.h"
#include "tests/unit/compiler/jit/test_symbols.h"

namespace flinkc {
namespace {

namespace fs = std::filesystem;

class ObjectCacheTest : public ::testing::Test {
 protected:
  ObjectCacheTest() {
    std::string name = fs::temp_directory_path() / "object_cache_test.XXXXXX";
    root_ = ::mkdtemp(name.data());
    directory_ = root_ + "/cache/flinkc";
  }
  ~ObjectCacheTest() override { fs::remove_all(root_); }

  static ObjectKey Key(uint8_t number) {
    ObjectKey key{};
    key[5] = std::byte{number};
    return key;
  }
  static std::vector<std::byte> Bytes(size_t size, uint8_t fill) {
    return std::vector<std::byte>(size, std::byte{fill});
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_)) files.push_back(entry.path());
    return files;
  }

  std::string root_;
  std::string directory_;
};

LoopModule Triple() {
  LoopModule module{.name = "triple"};
  FunctionBuilder fn(module, TestSymbols(), "triple", ValueType::kI64, {{"x", ValueType::kI64}});
  fn.Return(fn.Mul(fn.Parameter(0), fn.I64(3)));
  return module;
}

TEST_F(ObjectCacheTest, GivesBackWhatWasStored) {
  ObjectCache cache({directory_});
  ASSERT_TRUE(cache.enabled());
  EXPECT_EQ(fs::status(directory_).permissions(), fs::perms::owner_all);
  EXPECT_FALSE(cache.Find(Key(1)));
  cache.Store(Key(1), Bytes(1000, 7));
  cache.Store(Key(2), {});
  EXPECT_EQ(cache.Find(Key(1)), Bytes(1000, 7));
  EXPECT_EQ(cache.Find(Key(2)), Bytes(0, 0));
  EXPECT_EQ(ObjectCache({directory_}).Find(Key(1)), Bytes(1000, 7));  // as another process would
  EXPECT_EQ(cache.statistics().hits, 2u);
  EXPECT_EQ(cache.statistics().misses, 1u);
  EXPECT_EQ(Files().size(), 2u);  // no temporary files
}

TEST_F(ObjectCacheTest, WithoutADirectoryItIsOff) {
  ObjectCache cache({});
  EXPECT_FALSE(cache.enabled());
  cache.Store(Key(1), Bytes(10, 1));
  EXPECT_FALSE(cache.Find(Key(1)));
}

TEST_F(ObjectCacheTest, RefusesADirectoryThatOthersMayWriteTo) {
  fs::create_directories(directory_);
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  EXPECT_FALSE(ObjectCache({directory_}).enabled());
  std::ofstream(root_ + "/file") << "not a directory";
  EXPECT_FALSE(ObjectCache({root_ + "/file"}).enabled());
}

TEST_F(ObjectCacheTest, DefaultDirectoryFollowsTheEnvironment) {
  ::setenv("XDG_CACHE_HOME", "/some/cache", 1);
  EXPECT_EQ(DefaultObjectCacheDirectory(), "/some/cache/flinkc");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(DefaultObjectCacheDirectory(), "/home/someone/.cache/flinkc");
  ::unsetenv("HOME");
  EXPECT_EQ(DefaultObjectCacheDirectory(), "");
}

TEST_F(ObjectCacheTest, AnObjectUnderAnotherKeyIsDamage) {
  ObjectCache cache({directory_});
  cache.Store(Key(1), Bytes(100, 1));
  const fs::path stored = Files()[0];
  cache.Store(Key(2), Bytes(100, 2));
  for (const fs::path& file : Files()) {
    if (file != stored) fs::copy_file(stored, file, fs::copy_options::overwrite_existing);
  }
  EXPECT_FALSE(cache.Find(Key(2)));
  EXPECT_EQ(cache.statistics().damaged, 1u);
}

TEST_F(ObjectCacheTest, DeletesWhatWasUsedLongestAgo) {
  ObjectCache cache({directory_, /*max_bytes=*/10000});
  for (uint8_t i = 0; i < 8; ++i) {
    cache.Store(Key(i), Bytes(1000, i));
    // Distinct times of use, older for smaller numbers.
    for (const fs::path& file : Files()) {
      fs::last_write_time(file, fs::last_write_time(file) - std::chrono::minutes(1));
    }
  }
  ASSERT_TRUE(cache.Find(Key(0)));  // used just now
  std::ofstream(directory_ + "/.tmp-1-1") << "of a process that died";
  fs::last_write_time(directory_ + "/.tmp-1-1",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  cache.Store(Key(8), Bytes(1000, 8));
  cache.Store(Key(9), Bytes(1000, 9));  // the tenth does not fit
  uint64_t total = 0;
  for (const fs::path& file : Files()) total += fs::file_size(file);
  EXPECT_LE(total, 10000u);
  EXPECT_TRUE(cache.Find(Key(0)));
  EXPECT_FALSE(cache.Find(Key(1)));
  EXPECT_TRUE(cache.Find(Key(9)));
  EXPECT_FALSE(fs::exists(directory_ + "/.tmp-1-1"));
}

TEST_F(ObjectCacheTest, AFailedStoreIsCounted) {
  ObjectCache cache({directory_});
  fs::remove_all(directory_);
  cache.Store(Key(1), Bytes(10, 1));
  EXPECT_EQ(cache.statistics().failed_stores, 1u);
  EXPECT_FALSE(cache.Find(Key(1)));
}

TEST_F(ObjectCacheTest, ASecondCompilerTakesTheObjectFromTheCache) {
  for (int start = 0; start < 3; ++start) {
    const auto compiler = JitCompiler::Make(TestSetup(TestSymbols(), {directory_}));
    ASSERT_TRUE(compiler);
    const auto compiled = (*compiler)->Compile(Triple());
    ASSERT_TRUE(compiled);
    EXPECT_EQ((*compiled)->from_cache(), start > 0);
    EXPECT_EQ((*compiled)->Function<int64_t(int64_t)>("triple")(14), 42);
  }
}

TEST_F(ObjectCacheTest, EverythingThatMakesAnObjectIsInItsKey) {
  const auto compiler = JitCompiler::Make(TestSetup(TestSymbols()));
  JitSetup other_kernels = TestSetup(TestSymbols());
  other_kernels.kernel_build_id += 1;
  const auto other = JitCompiler::Make(other_kernels);
  ASSERT_TRUE(compiler && other);
  LoopModule changed = Triple();
  changed.functions[0].blocks[0].instructions[0].immediate = 4;
  const ObjectKey key = (*compiler)->KeyOf(Triple(), {});
  EXPECT_EQ(key, (*compiler)->KeyOf(Triple(), {}));
  EXPECT_NE(key, (*compiler)->KeyOf(changed, {}));
  EXPECT_NE(key, (*compiler)->KeyOf(Triple(), {.level = 0}));
  EXPECT_NE(key, (*compiler)->KeyOf(Triple(), {.cpu = "x86-64"}));
  EXPECT_NE(key, (*other)->KeyOf(Triple(), {}));
}

// tried: of 400 damaged objects given to LLVM's linker 44 crashed and 20 gave wrong results.
TEST_F(ObjectCacheTest, DamagedFilesAreCompiledAgain) {
  const auto compiler = JitCompiler::Make(TestSetup(TestSymbols(), {directory_}));
  ASSERT_TRUE(compiler);
  ASSERT_TRUE((*compiler)->Compile(Triple()));
  ASSERT_EQ(Files().size(), 1u);
  const fs::path path = Files()[0];
  std::ifstream stored(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stored)),
                          std::istreambuf_iterator<char>());
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    std::string damaged = whole;
    if (i % 3 == 0) {
      damaged.resize(random() % whole.size());
    } else if (i % 3 == 1) {
      damaged[random() % whole.size()] ^= static_cast<char>(1 << random() % 8);
    } else {
      damaged += "more";
    }
    std::ofstream(path, std::ios::binary) << damaged;
    const auto compiled = (*compiler)->Compile(Triple());
    ASSERT_TRUE(compiled);
    EXPECT_FALSE((*compiled)->from_cache());
    EXPECT_EQ((*compiled)->Function<int64_t(int64_t)>("triple")(14), 42);
    EXPECT_EQ((*compiler)->cache().statistics().damaged, static_cast<uint64_t>(i + 1));
    // What was compiled stands in its place, whole.
    const auto again = (*compiler)->Compile(Triple());
    ASSERT_TRUE(again);
    EXPECT_TRUE((*again)->from_cache());
  }
}

// Writers and readers of the same keys, in threads and in other processes: whoever finds an object
// finds a whole one.
TEST_F(ObjectCacheTest, ManyMayWriteAtOnce) {
  constexpr int kRounds = 200;
  const auto work = [&](uint8_t seed) {
    ObjectCache cache({directory_, /*max_bytes=*/300000});
    bool whole = true;
    for (int i = 0; i < kRounds; ++i) {
      const auto key = static_cast<uint8_t>((seed + i) % 5);
      cache.Store(Key(key), Bytes(50000 + key, key));
      const auto found = cache.Find(Key(static_cast<uint8_t>(i % 5)));
      if (found) whole &= *found == Bytes(50000 + static_cast<size_t>(i % 5), i % 5);
      whole &= cache.statistics().damaged == 0;
    }
    return whole;
  };
  std::vector<pid_t> children;
  for (uint8_t i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work(i) ? 0 : 1);
    children.push_back(child);
  }
  std::array<bool, 2> whole = {};
  {
    std::jthread first([&] { whole[0] = work(2); });
    std::jthread second([&] { whole[1] = work(3); });
  }
  EXPECT_TRUE(whole[0] && whole[1]);
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace flinkc
