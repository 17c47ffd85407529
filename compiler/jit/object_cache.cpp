#include "compiler/jit/object_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace flinkc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".o";
constexpr std::string_view kTemporaryMark = ".tmp-";
// A temporary file older than this belongs to a process that died while writing it.
constexpr auto kForgotten = std::chrono::hours(1);

struct FileHeader {
  char magic[8];
  ObjectKey key;
  uint64_t object_bytes;
  uint64_t checksum[2];  // XXH3, 128 bits, of the object; seeded with the key
};
constexpr char kMagic[8] = {'f', 'l', 'k', 'o', 'b', 'j', '0', '1'};
static_assert(sizeof(FileHeader) == 64);

FileHeader HeaderOf(const ObjectKey& key, std::span<const std::byte> object) {
  FileHeader header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.key = key;
  header.object_bytes = object.size();
  uint64_t seed;
  std::memcpy(&seed, key.data(), sizeof(seed));
  const XXH128_hash_t checksum = XXH3_128bits_withSeed(object.data(), object.size(), seed);
  header.checksum[0] = checksum.low64;
  header.checksum[1] = checksum.high64;
  return header;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool WriteAll(int fd, const void* data, size_t bytes) {
  const char* cursor = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(fd, cursor, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    cursor += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

// nullopt: the file cannot be read; shorter than `bytes` if the file is.
std::optional<std::vector<std::byte>> ReadFile(int fd, size_t bytes) {
  std::vector<std::byte> content(bytes);
  size_t filled = 0;
  while (filled < bytes) {
    const ssize_t count = ::read(fd, content.data() + filled, bytes - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  content.resize(filled);
  return content;
}

// What lies here is run: the directory must be ours, and nobody else may write to it.
bool MakePrivateDirectory(const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return false;
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return false;
  return S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 022) == 0;
}

}  // namespace

std::string DefaultObjectCacheDirectory() {
  const char* cache_home = std::getenv("XDG_CACHE_HOME");
  if (cache_home != nullptr && cache_home[0] == '/') return std::string(cache_home) + "/flinkc";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/flinkc";
  return "";
}

ObjectCache::ObjectCache(ObjectCacheOptions options) : options_(std::move(options)) {
  enabled_ = !options_.directory.empty() && MakePrivateDirectory(options_.directory);
}

ObjectCache::Statistics ObjectCache::statistics() const {
  return {hits_, misses_, damaged_, failed_stores_};
}

std::string ObjectCache::PathOf(const ObjectKey& key) const {
  std::string path = options_.directory + "/";
  for (const std::byte byte : key) {
    constexpr char kDigits[] = "0123456789abcdef";
    path += kDigits[static_cast<unsigned>(byte) >> 4];
    path += kDigits[static_cast<unsigned>(byte) & 15];
  }
  path += kSuffix;
  return path;
}

std::optional<std::vector<std::byte>> ObjectCache::Find(const ObjectKey& key) {
  if (!enabled_) return std::nullopt;
  const std::string path = PathOf(key);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    ++misses_;
    return std::nullopt;
  }
  FileHeader header;
  auto content = static_cast<uint64_t>(status.st_size) <= options_.max_bytes
                     ? ReadFile(file.get(), static_cast<size_t>(status.st_size))
                     : std::nullopt;
  bool whole = content.has_value() && content->size() >= sizeof(header);
  if (whole) {
    std::memcpy(&header, content->data(), sizeof(header));
    content->erase(content->begin(), content->begin() + sizeof(header));
    const FileHeader expected = HeaderOf(key, *content);
    whole = std::memcmp(&header, &expected, sizeof(header)) == 0;
  }
  if (!whole) {
    ++damaged_;
    ++misses_;
    return std::nullopt;  // Store puts a whole file in its place
  }
  ++hits_;
  ::futimens(file.get(), nullptr);  // the time of use, which eviction goes by
  return content;
}

void ObjectCache::Store(const ObjectKey& key, std::span<const std::byte> object) {
  if (!enabled_) return;
  const std::string path = PathOf(key);
  const std::string temporary = fmt::format("{}/{}{}-{}", options_.directory, kTemporaryMark,
                                            ::getpid(), temporary_number_.fetch_add(1));
  const FileHeader header = HeaderOf(key, object);
  bool written;
  {
    const FileDescriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    written = file.get() >= 0 && WriteAll(file.get(), &header, sizeof(header)) &&
              WriteAll(file.get(), object.data(), object.size());
  }
  // Without fsync: after a power failure the checksum finds what is missing.
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    ++failed_stores_;
    return;
  }
  const std::lock_guard lock(mutex_);
  if (known_bytes_.has_value()) *known_bytes_ += sizeof(header) + object.size();
  if (!known_bytes_.has_value() || *known_bytes_ > options_.max_bytes) Evict();
}

void ObjectCache::Evict() {
  struct Entry {
    fs::file_time_type used;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator file(options_.directory, error), end; !error && file != end;
       file.increment(error)) {
    std::error_code gone;  // another process may delete it meanwhile
    const auto used = file->last_write_time(gone);
    const uint64_t bytes = gone ? 0 : file->file_size(gone);
    if (gone) continue;
    const std::string name = file->path().filename().string();
    if (name.starts_with(kTemporaryMark)) {
      if (now - used > kForgotten) fs::remove(file->path(), gone);
    } else if (name.ends_with(kSuffix)) {
      entries.push_back({used, bytes, file->path()});
      total += bytes;
    }
  }
  if (total > options_.max_bytes) {
    std::ranges::sort(entries, {}, &Entry::used);
    // Down to three quarters, so that not every store reads the directory.
    const uint64_t target = options_.max_bytes - options_.max_bytes / 4;
    for (const Entry& entry : entries) {
      if (total <= target) break;
      if (fs::remove(entry.path, error)) total -= entry.bytes;
    }
  }
  known_bytes_ = total;
}

}  // namespace flinkc
