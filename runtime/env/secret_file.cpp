#include "runtime/env/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace flinkc {

namespace {

constexpr size_t kBytesMax = 4096;

}  // namespace

Result<std::string> ReadSecretFile(const std::string& path, size_t chars_min) {
  const auto wrong = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("the file {} {}", path, why));
  };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return MakeError(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                     fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  struct stat status{};
  const bool known = fstat(file, &status) == 0;
  std::string text(kBytesMax + 1, '\0');
  const ssize_t got = read(file, text.data(), text.size());
  close(file);
  if (!known || got < 0) return wrong("cannot be read");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return wrong(fmt::format("may be read by others than its owner; `chmod 600 {}`", path));
  }
  if (static_cast<size_t>(got) > kBytesMax) return wrong("is too long to be a secret");
  std::string_view secret(text.data(), static_cast<size_t>(got));
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!secret.empty() && is_space(secret.front())) secret.remove_prefix(1);
  while (!secret.empty() && is_space(secret.back())) secret.remove_suffix(1);
  if (!std::ranges::all_of(secret, [](char c) { return c > ' ' && c < 0x7F; })) {
    return wrong("must hold one line of letters, digits and signs, without spaces");
  }
  if (secret.size() < chars_min) {
    return wrong(
        fmt::format("holds fewer than {} characters, which can be guessed; "
                    "`openssl rand -hex 32 > {}` makes a good one",
                    chars_min, path));
  }
  return std::string(secret);
}

}  // namespace flinkc
