#include "tests/support/simulated_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

struct SimulatedFileSystem::Node {
  bool is_directory = false;
  // Of a file.
  std::string bytes;
  std::string synced;  // what a crash leaves at least
  bool sync_failed = false;
  // Of a directory.
  std::map<std::string, NodePointer> names;
  std::map<std::string, NodePointer> durable_names;
};

namespace {

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  size_t from = 0;
  while (from < path.size()) {
    const size_t to = std::min(path.find('/', from), path.size());
    if (to > from && path.substr(from, to - from) != ".") {
      parts.push_back(path.substr(from, to - from));
    }
    from = to + 1;
  }
  return parts;
}

std::unexpected<Error> Failure(ErrorCode code, std::string_view what, const std::string& path,
                               std::string_view why) {
  return MakeError(code, fmt::format("cannot {} {}: {}", what, path, why));
}

std::unexpected<Error> NotThere(std::string_view what, const std::string& path) {
  return Failure(ErrorCode::kNotFound, what, path, "No such file or directory");
}

}  // namespace

class SimulatedWriter final : public FileWriter {
 public:
  SimulatedWriter(SimulatedFileSystem* files, SimulatedFileSystem::NodePointer node,
                  std::string path, int64_t life)
      : files_(files), node_(std::move(node)), path_(std::move(path)), life_(life) {}

  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(files_->mutex_);
    RETURN_IF_ERROR(Alive("write"));
    RETURN_IF_ERROR(files_->Step(files_->faults_.write_fails, "write", path_));
    const int64_t room = std::max<int64_t>(
        files_->faults_.capacity_bytes - files_->UsedBytes(), 0);
    const size_t written = std::min(bytes.size(), static_cast<size_t>(room));
    node_->bytes.append(bytes.substr(0, written));
    size_ += static_cast<int64_t>(written);
    if (written < bytes.size()) {
      return Failure(ErrorCode::kNoSpace, "write", path_, "No space left on device");
    }
    return {};
  }
  Status Sync() override {
    const std::lock_guard lock(files_->mutex_);
    RETURN_IF_ERROR(Alive("sync"));
    if (Status step = files_->Step(files_->faults_.sync_fails, "sync", path_); !step) {
      // As Linux does: the pages count as clean now, and no later sync writes them.
      node_->sync_failed = true;
      return step;
    }
    if (!node_->sync_failed) node_->synced = node_->bytes;
    return {};
  }
  Status Close() override { return {}; }
  int64_t size() const override { return size_; }

 private:
  Status Alive(std::string_view what) const {
    if (life_ == files_->life_) return {};
    return Failure(ErrorCode::kIo, what, path_, "its process has died");
  }

  SimulatedFileSystem* const files_;
  const SimulatedFileSystem::NodePointer node_;
  const std::string path_;
  const int64_t life_;
  int64_t size_ = 0;
};

class SimulatedReader final : public FileReader {
 public:
  SimulatedReader(SimulatedFileSystem* files, SimulatedFileSystem::NodePointer node,
                  std::string path)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        size_(static_cast<int64_t>(node_->bytes.size())) {}

  Result<size_t> ReadAt(int64_t offset, std::span<char> buffer) const override {
    const std::lock_guard lock(files_->mutex_);
    RETURN_IF_ERROR(files_->Refuse(files_->faults_.read_fails, "read", path_));
    const std::string& bytes = node_->bytes;
    if (offset < 0 || static_cast<size_t>(offset) >= bytes.size()) return 0;
    const size_t count = std::min(buffer.size(), bytes.size() - static_cast<size_t>(offset));
    std::memcpy(buffer.data(), bytes.data() + offset, count);
    return count;
  }
  int64_t size() const override { return size_; }

 private:
  SimulatedFileSystem* const files_;
  const SimulatedFileSystem::NodePointer node_;
  const std::string path_;
  const int64_t size_;
};

class SimulatedLock final : public FileLock {
 public:
  SimulatedLock(SimulatedFileSystem* files, std::string path, int64_t life)
      : files_(files), path_(std::move(path)), life_(life) {}
  ~SimulatedLock() override {
    const std::lock_guard lock(files_->mutex_);
    const auto held = files_->locks_.find(path_);
    if (held != files_->locks_.end() && held->second == life_) files_->locks_.erase(held);
  }

 private:
  SimulatedFileSystem* const files_;
  const std::string path_;
  const int64_t life_;
};

SimulatedFileSystem::SimulatedFileSystem(uint64_t seed)
    : random_(seed), root_(std::make_shared<Node>()) {
  root_->is_directory = true;
}
SimulatedFileSystem::~SimulatedFileSystem() = default;

bool SimulatedFileSystem::Draw(double chance) {
  return chance > 0 && std::uniform_real_distribution<double>()(random_) < chance;
}

Status SimulatedFileSystem::Refuse(double chance, std::string_view what, const std::string& path) {
  if (crashed_) return Failure(ErrorCode::kIo, what, path, "the process has died");
  if (Draw(chance)) return Failure(ErrorCode::kIo, what, path, "Input/output error");
  return {};
}

// Every operation that changes something goes through here.
Status SimulatedFileSystem::Step(double chance, std::string_view what, const std::string& path) {
  if (steps_ >= crash_at_) crashed_ = true;
  if (!crashed_) ++steps_;
  if (!crashed_ && steps_ > fail_at_) {
    fail_at_ = INT64_MAX;
    return Failure(fail_code_, what, path,
                   fail_code_ == ErrorCode::kNoSpace ? "No space left on device"
                                                     : "Input/output error");
  }
  return Refuse(chance, what, path);
}

SimulatedFileSystem::NodePointer SimulatedFileSystem::Find(const std::string& path) const {
  NodePointer node = root_;
  for (const std::string& part : Parts(path)) {
    const auto found = node->names.find(part);
    if (found == node->names.end()) return nullptr;
    node = found->second;
  }
  return node;
}

Result<SimulatedFileSystem::NodePointer> SimulatedFileSystem::FindDirectoryOf(
    const std::string& path) const {
  const size_t slash = path.rfind('/');
  NodePointer node = slash == std::string::npos ? root_ : Find(path.substr(0, slash));
  if (node == nullptr || !node->is_directory) return NotThere("open the directory of", path);
  return node;
}

void SimulatedFileSystem::Replay(const Change& change, bool durable) {
  auto names = [&](const NodePointer& directory) -> auto& {
    return durable ? directory->durable_names : directory->names;
  };
  if (change.from_directory != nullptr) names(change.from_directory).erase(change.from);
  if (change.to_directory != nullptr) names(change.to_directory)[change.to] = change.node;
}

void SimulatedFileSystem::Apply(Change change) {
  Replay(change, false);
  changes_.push_back(std::move(change));
}

Status SimulatedFileSystem::SyncNames(const NodePointer& directory, const std::string& path) {
  RETURN_IF_ERROR(Step(faults_.sync_directory_fails, "sync the directory of", path));
  std::erase_if(changes_, [&](const Change& change) {
    const bool touches =
        change.from_directory == directory || change.to_directory == directory;
    if (touches) Replay(change, true);
    return touches;
  });
  return {};
}

Result<std::unique_ptr<FileWriter>> SimulatedFileSystem::Create(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(faults_.write_fails, "create", path));
  ASSIGN_OR_RETURN(const NodePointer directory, FindDirectoryOf(path));
  NodePointer node = Find(path);
  if (node != nullptr && node->is_directory) {
    return Failure(ErrorCode::kIo, "create", path, "Is a directory");
  }
  if (node == nullptr) {
    node = std::make_shared<Node>();
    Apply({nullptr, directory, "", Parts(path).back(), node});
  }
  node->bytes.clear();
  return std::make_unique<SimulatedWriter>(this, node, path, life_);
}

Result<std::unique_ptr<FileReader>> SimulatedFileSystem::Open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Refuse(faults_.read_fails, "open", path));
  const NodePointer node = Find(path);
  if (node == nullptr) return NotThere("open", path);
  if (node->is_directory) {
    return Failure(ErrorCode::kInvalidArgument, "read", path, "it is a directory");
  }
  return std::make_unique<SimulatedReader>(this, node, path);
}

Status SimulatedFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(0, "rename", from));
  const NodePointer node = Find(from);
  if (node == nullptr) return NotThere("rename", from);
  ASSIGN_OR_RETURN(const NodePointer from_directory, FindDirectoryOf(from));
  ASSIGN_OR_RETURN(const NodePointer to_directory, FindDirectoryOf(to));
  const bool unknown = Draw(faults_.rename_unknown);
  if (unknown && Draw(0.5)) return Failure(ErrorCode::kIo, "rename", from, "Input/output error");
  Apply({from_directory, to_directory, Parts(from).back(), Parts(to).back(), node});
  if (unknown) return Failure(ErrorCode::kIo, "rename", from, "Input/output error");
  // The names are in place; that they last is a step of its own, which a crash may precede.
  return SyncNames(to_directory, to);
}

Status SimulatedFileSystem::Link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(faults_.write_fails, "link", from));
  const NodePointer node = Find(from);
  if (node == nullptr) return NotThere("link", from);
  ASSIGN_OR_RETURN(const NodePointer directory, FindDirectoryOf(to));
  if (Find(to) != nullptr) return Failure(ErrorCode::kAlreadyExists, "link", to, "File exists");
  Apply({nullptr, directory, "", Parts(to).back(), node});
  return {};
}

Status SimulatedFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(faults_.remove_fails, "remove", path));
  const NodePointer node = Find(path);
  if (node == nullptr) return {};
  if (node->is_directory) return Failure(ErrorCode::kIo, "remove", path, "Is a directory");
  ASSIGN_OR_RETURN(const NodePointer directory, FindDirectoryOf(path));
  Apply({directory, nullptr, Parts(path).back(), "", nullptr});
  return {};
}

Status SimulatedFileSystem::RemoveDirectory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(faults_.remove_fails, "remove the directory", directory));
  const NodePointer node = Find(directory);
  if (node == nullptr || !node->names.empty()) return {};
  ASSIGN_OR_RETURN(const NodePointer parent, FindDirectoryOf(directory));
  Apply({parent, nullptr, Parts(directory).back(), "", nullptr});
  return {};
}

Result<FileInfo> SimulatedFileSystem::Info(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Refuse(faults_.read_fails, "open", path));
  const NodePointer node = Find(path);
  if (node == nullptr) return NotThere("open", path);
  return FileInfo{path, node->is_directory ? FileKind::kDirectory : FileKind::kFile,
                  static_cast<int64_t>(node->bytes.size())};
}

Result<std::vector<FileInfo>> SimulatedFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Refuse(faults_.read_fails, "list", directory));
  const NodePointer node = Find(directory);
  if (node == nullptr || !node->is_directory) return NotThere("list", directory);
  std::vector<FileInfo> files;
  for (const auto& [name, child] : node->names) {
    files.push_back({directory + "/" + name,
                     child->is_directory ? FileKind::kDirectory : FileKind::kFile,
                     static_cast<int64_t>(child->bytes.size())});
  }
  return files;
}

Status SimulatedFileSystem::MakeDirectories(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (const NodePointer node = Find(directory); node != nullptr) {
    if (node->is_directory) {
      ASSIGN_OR_RETURN(const NodePointer parent, FindDirectoryOf(directory));
      return SyncNames(parent, directory);
    }
    return Failure(ErrorCode::kIo, "create the directory", directory, "Not a directory");
  }
  NodePointer node = root_;
  for (const std::string& part : Parts(directory)) {
    NodePointer child;
    if (const auto found = node->names.find(part); found != node->names.end()) {
      child = found->second;
    } else {
      RETURN_IF_ERROR(Step(faults_.write_fails, "create the directory", directory));
      child = std::make_shared<Node>();
      child->is_directory = true;
      Apply({nullptr, node, "", part, child});
      RETURN_IF_ERROR(Step(faults_.sync_directory_fails, "sync the directory of", directory));
      // As a sync of the parent does: what happened to its other names before lasts as well, or the
      // loss of an older removal would take the new directory with it.
      std::erase_if(changes_, [&](const Change& change) {
        const bool touches = change.from_directory == node || change.to_directory == node;
        if (touches) Replay(change, true);
        return touches;
      });
    }
    node = std::move(child);
  }
  return {};
}

Status SimulatedFileSystem::SyncDirectory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  const NodePointer node = Find(directory);
  if (node == nullptr || !node->is_directory) return NotThere("sync the directory", directory);
  return SyncNames(node, directory);
}

Result<std::unique_ptr<FileLock>> SimulatedFileSystem::Lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Step(faults_.write_fails, "lock", path));
  ASSIGN_OR_RETURN(const NodePointer directory, FindDirectoryOf(path));
  if (Find(path) == nullptr) {
    Apply({nullptr, directory, "", Parts(path).back(), std::make_shared<Node>()});
  }
  if (!locks_.emplace(path, life_).second) {
    return Failure(ErrorCode::kUnavailable, "lock", path, "another process holds it");
  }
  return std::make_unique<SimulatedLock>(this, path, life_);
}

void SimulatedFileSystem::SetFaults(const SimulatedFaults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
}

void SimulatedFileSystem::CrashAfter(int64_t steps) {
  const std::lock_guard lock(mutex_);
  crash_at_ = steps_ + steps;
}

void SimulatedFileSystem::FailAfter(int64_t steps, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  fail_at_ = steps_ + steps;
  fail_code_ = code;
}

bool SimulatedFileSystem::crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

int64_t SimulatedFileSystem::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

void SimulatedFileSystem::RestartWithoutLoss() {
  const std::lock_guard lock(mutex_);
  ++life_;
  locks_.clear();
  crash_at_ = fail_at_ = INT64_MAX;
  crashed_ = false;
}

void SimulatedFileSystem::Restart() {
  RestartWithoutLoss();
  const std::lock_guard lock(mutex_);
  for (const Change& change : changes_) {
    if (Draw(0.5)) Replay(change, true);
  }
  changes_.clear();
  ForgetUnsynced(root_);
}

void SimulatedFileSystem::ForgetUnsynced(const NodePointer& node) {
  if (node->is_directory) {
    node->names = node->durable_names;
    for (const auto& [name, child] : node->names) ForgetUnsynced(child);
    return;
  }
  const std::string& synced = node->synced;
  std::string left = synced;
  if (node->bytes.size() > synced.size() && node->bytes.starts_with(synced)) {
    const size_t unsynced = node->bytes.size() - synced.size();
    const size_t kept = random_() % (unsynced + 1);
    left = node->bytes.substr(0, synced.size() + kept);
    // The length may have reached the disk before the bytes did.
    if (Draw(0.3)) left.append(random_() % (unsynced - kept + 1), '\0');
  }
  node->bytes = node->synced = std::move(left);
  node->sync_failed = false;
}

int64_t SimulatedFileSystem::UsedBytes() const {
  int64_t used = 0;
  ForEachFile(root_, "", [&](const std::string&, const Node& file) {
    used += static_cast<int64_t>(file.bytes.size());
  });
  return used;
}

void SimulatedFileSystem::ForEachFile(
    const NodePointer& node, const std::string& path,
    const std::function<void(const std::string&, const Node&)>& visit) const {
  if (!node->is_directory) return visit(path, *node);
  for (const auto& [name, child] : node->names) ForEachFile(child, path + "/" + name, visit);
}

void SimulatedFileSystem::FlipBits(const std::string& path, int64_t offset, uint8_t mask) {
  const std::lock_guard lock(mutex_);
  const NodePointer node = Find(path);
  CHECK(node != nullptr && offset >= 0 && static_cast<size_t>(offset) < node->bytes.size());
  node->bytes[static_cast<size_t>(offset)] ^= static_cast<char>(mask);
  node->synced = node->bytes;
}

void SimulatedFileSystem::Truncate(const std::string& path, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  const NodePointer node = Find(path);
  CHECK(node != nullptr && bytes >= 0 && static_cast<size_t>(bytes) <= node->bytes.size());
  node->bytes.resize(static_cast<size_t>(bytes));
  node->synced = node->bytes;
}

std::optional<std::string> SimulatedFileSystem::Peek(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const NodePointer node = Find(path);
  if (node == nullptr || node->is_directory) return std::nullopt;
  return node->bytes;
}

std::map<std::string, std::string> SimulatedFileSystem::Files() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> files;
  ForEachFile(root_, "",
              [&](const std::string& path, const Node& file) { files[path] = file.bytes; });
  return files;
}

}  // namespace flinkc
