#include "stdlib-operators/connectors/sealed_unit.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "stdlib-operators/connectors/part_name.h"

namespace flinkc {

namespace {

bool IsPlain(char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '%'; }

void AppendPath(std::string& out, std::string_view key, std::string_view path) {
  out.append("\"").append(key).append("\":\"");
  for (const char c : path) {
    if (IsPlain(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  out += '"';
}

// Takes the text apart in the one way it is put together; after a failure, nothing any more.
class UnitReader {
 public:
  explicit UnitReader(std::string_view text) : text_(text) {}

  // True: `token` was next.
  bool Take(std::string_view token) {
    if (failed_ || !text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void Expect(std::string_view token) {
    if (!Take(token)) Fail("expected " + std::string(token));
  }
  std::string Path(std::string_view key) {
    Expect(fmt::format("\"{}\":\"", key));
    std::string path;
    while (!failed_ && !Take("\"")) {
      if (text_.empty()) {
        Fail("a path never ends");
      } else if (IsPlain(text_[0])) {
        path += text_[0];
        text_.remove_prefix(1);
      } else {
        path += EscapedByte();
      }
    }
    if (!failed_ && !IsBelow(path)) Fail("a path leaves the sink's directory");
    return path;
  }
  int64_t Size() {
    Expect("\"size\":");
    int64_t size = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
    if (error != std::errc() || size < 0) Fail("a size is no number");
    if (!failed_) text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return size;
  }
  void Fail(std::string reason) {
    if (!failed_) reason_ = std::move(reason);
    failed_ = true;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return text_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  char EscapedByte() {
    unsigned byte = 0;
    const char* begin = text_.data() + 1;
    if (text_.size() < 3 || text_[0] != '%' ||
        std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) {
      Fail("a path has a character that is written otherwise");
      return 0;
    }
    text_.remove_prefix(3);
    return static_cast<char>(byte);
  }

  std::string_view text_;
  std::string reason_;
  bool failed_ = false;
};

void ReadFile(UnitReader& reader, SealedUnit* unit) {
  SealedFile file;
  reader.Expect("{");
  file.unfinished = reader.Path("unfinished");
  reader.Expect(",");
  file.final_path = reader.Path("final");
  reader.Expect(",");
  file.size_bytes = reader.Size();
  reader.Expect("}");
  if (reader.failed()) return;
  // Both names in one directory, and one made from the other: whatever else the file says, nothing
  // but output of this sink is renamed.
  const std::string_view unfinished_name = FileNameOf(file.unfinished);
  const std::optional<UnfinishedName> name = ParseUnfinishedName(unfinished_name);
  std::string_view directory(file.unfinished);
  directory.remove_suffix(unfinished_name.size());
  if (!name || file.final_path != std::string(directory) + name->part) {
    return reader.Fail("the names of a file do not belong together");
  }
  unit->files.push_back(std::move(file));
}

void ReadReplaced(UnitReader& reader, SealedUnit* unit) {
  ReplacedFile file;
  reader.Expect("{");
  file.path = reader.Path("file");
  reader.Expect(",");
  file.size_bytes = reader.Size();
  reader.Expect("}");
  if (reader.failed()) return;
  if (!ParsePartName(FileNameOf(file.path))) {
    return reader.Fail("a file to be replaced is no part file");
  }
  unit->replaced.push_back(std::move(file));
}

template <typename ReadOne>
void ReadList(UnitReader& reader, std::string_view key, const ReadOne& read_one) {
  reader.Expect(fmt::format("\"{}\":[", key));
  if (reader.Take("]")) return;
  do {
    read_one();
  } while (reader.Take(","));
  reader.Expect("]");
}

}  // namespace

std::string EncodeSealedUnit(const SealedUnit& unit) {
  std::string text = "{\"files\":[";
  for (const SealedFile& file : unit.files) {
    text += text.back() == '[' ? "{" : ",{";
    AppendPath(text, "unfinished", file.unfinished);
    text += ',';
    AppendPath(text, "final", file.final_path);
    text += fmt::format(",\"size\":{}}}", file.size_bytes);
  }
  text += "],\"replaces\":[";
  for (const ReplacedFile& file : unit.replaced) {
    text += text.back() == '[' ? "{" : ",{";
    AppendPath(text, "file", file.path);
    text += fmt::format(",\"size\":{}}}", file.size_bytes);
  }
  return text + "]}";
}

Result<SealedUnit> DecodeSealedUnit(std::string_view bytes) {
  SealedUnit unit;
  UnitReader reader(bytes);
  reader.Expect("{");
  ReadList(reader, "files", [&] { ReadFile(reader, &unit); });
  reader.Expect(",");
  ReadList(reader, "replaces", [&] { ReadReplaced(reader, &unit); });
  reader.Expect("}");
  if (!reader.at_end()) reader.Fail("something follows its end");
  if (!reader.failed()) return unit;
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("not a list of sealed files: {}", reader.reason()));
}

}  // namespace flinkc
