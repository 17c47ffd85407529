#include "runtime/env/allowed_paths.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "runtime/env/file_system.h"

namespace flinkc {

namespace {

namespace fs = std::filesystem;

// As the kernel.
constexpr int kLinksMax = 40;

// What is still to be walked, the next part last.
void Push(const fs::path& path, std::vector<fs::path>* parts) {
  const std::vector<fs::path> more(path.begin(), path.end());
  parts->insert(parts->end(), more.rbegin(), more.rend());
}

// Where the path leads, whether anything is there or not. std::filesystem's weakly_canonical takes
// a link to nothing for a name that is free, and to open it for writing makes what it names.
Result<fs::path> Follow(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return SystemError(error.value(), "find", path);
  std::vector<fs::path> parts;
  Push(absolute.relative_path(), &parts);
  fs::path real = absolute.root_path();
  int links = 0;
  while (!parts.empty()) {
    const fs::path part = std::move(parts.back());
    parts.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      real = real.parent_path();
      continue;
    }
    const fs::path next = real / part;
    if (!fs::is_symlink(fs::symlink_status(next, error))) {
      real = next;
      continue;
    }
    const fs::path target = fs::read_symlink(next, error);
    if (error) return SystemError(error.value(), "follow the link", next.string());
    if (++links > kLinksMax) return SystemError(ELOOP, "open", path);
    if (target.is_absolute()) real = target.root_path();
    Push(target.relative_path(), &parts);
  }
  return real;
}

bool IsWithin(const std::string& path, const std::string& folder) {
  return path == folder || folder == "/" ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

Result<AllowedPaths> AllowedPaths::Make(const std::vector<std::string>& folders) {
  AllowedPaths allowed;
  for (const std::string& folder : folders) {
    const Result<FileInfo> info = GetFileInfo(folder);
    if (!info || info->kind != FileKind::kDirectory) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("`{}` is no folder that is there", folder));
    }
    ASSIGN_OR_RETURN(const fs::path real, Follow(folder));
    allowed.folders_.push_back(real.string());
  }
  return allowed;
}

bool AllowedPaths::IsOnTheWay(const std::string& path) const {
  const Result<fs::path> real = Follow(path);
  if (!real) return false;
  const auto is_below = [&](const std::string& folder) { return IsWithin(folder, real->string()); };
  return std::ranges::any_of(folders_, is_below);
}

Status AllowedPaths::Check(const std::string& path) const {
  if (!is_confined()) return {};
  if (path.empty() || path.contains('\0')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a path is empty, or holds a character with the code 0");
  }
  ASSIGN_OR_RETURN(const fs::path real, Follow(path));
  const std::string where = real.string();
  const auto holds_it = [&](const std::string& folder) { return IsWithin(where, folder); };
  if (std::ranges::any_of(folders_, holds_it)) return {};
  return MakeError(ErrorCode::kPermissionDenied,
                   fmt::format("cannot use {}{}: the jobs of this cluster may read and write in {} "
                               "alone; put it there, or start the process with another "
                               "--allow-path",
                               path, where == path ? "" : fmt::format(", which is {}", where),
                               fmt::join(folders_, ", ")));
}

}  // namespace flinkc
