#include "compiler/spec/source_reader.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "compiler/source/utf8.h"

namespace flinkc {

namespace {

struct CloseDescriptor {
  int descriptor;
  ~CloseDescriptor() {
    if (descriptor > STDIN_FILENO) close(descriptor);
  }
};

std::unexpected<Error> ReadError(const std::string& name) {
  ErrorCode code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound
                   : errno == EACCES || errno == EPERM ? ErrorCode::kPermissionDenied
                                                       : ErrorCode::kIo;
  return MakeError(code, fmt::format("`{}` cannot be read: {}", name, strerror(errno)));
}

void ReportControlCharacter(const SourceBuffer& buffer, size_t at, size_t length,
                            DiagnosticLog& log) {
  std::string_view text = buffer.text();
  SourceSpan span{&buffer, static_cast<uint32_t>(at), static_cast<uint32_t>(at + length)};
  unsigned character = static_cast<unsigned char>(text[at]);
  if (length == 2) character = static_cast<unsigned char>(text[at + 1]);  // U+0080 to U+009F
  Diagnostic& diagnostic =
      log.Report(DiagnosticCode::kControlCharacter, span,
                 fmt::format("a control character (U+{:04X}) in the file", character));
  if (character == 0) {
    diagnostic.Help("zero bytes are often a sign of UTF-16: save the file as UTF-8");
  } else if (character == '\r') {
    diagnostic.Help("lines must end with LF or CR LF, not with CR alone");
  } else {
    diagnostic.Help(
        fmt::format("remove it, or write it as \"\\x{:02x}\" in double quotes", character));
  }
}

}  // namespace

Result<SourceBuffer> ReadSource(const std::string& path) {
  bool is_stdin = path == "-";
  std::string name = is_stdin ? "<stdin>" : path;
  int descriptor = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ReadError(name);
  CloseDescriptor closer{descriptor};
  // Room for a byte order mark, which does not count.
  constexpr size_t kReadLimit = kMaxSpecBytes + 4;
  std::string text(kReadLimit, '\0');
  size_t size = 0;
  while (size < kReadLimit) {
    ssize_t count = read(descriptor, text.data() + size, kReadLimit - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ReadError(name);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  text.resize(size);
  return SourceBuffer(std::move(name), std::move(text));
}

bool CheckSourceText(const SourceBuffer& buffer, DiagnosticLog& log) {
  std::string_view text = buffer.text();
  if (text.size() > kMaxSpecBytes) {
    log.Report(DiagnosticCode::kFileTooLarge, {&buffer, 0, 0},
               "the file is larger than 1 MiB, the most a spec may have")
        .Help("data belongs into a file of its own, which a source reads");
    return false;
  }
  size_t valid = ValidUtf8Prefix(text);
  if (valid < text.size()) {
    uint32_t at = static_cast<uint32_t>(valid);
    log.Report(DiagnosticCode::kNotUtf8, {&buffer, at, at + 1},
               fmt::format("the byte 0x{:02X} is not valid UTF-8",
                           static_cast<unsigned char>(text[valid])))
        .Help("save the file as UTF-8");
    return false;
  }
  constexpr size_t kMaxReported = 10;
  size_t reported = 0;
  for (size_t i = 0; i < text.size() && reported < kMaxReported; ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    bool is_crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    bool is_c1 = c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if ((c >= 0x20 && c != 0x7F && !is_c1) || c == '\t' || c == '\n' || is_crlf) continue;
    ReportControlCharacter(buffer, i, is_c1 ? 2 : 1, log);
    ++reported;
  }
  return reported == 0;
}

}  // namespace flinkc
