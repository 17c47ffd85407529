// The text of one spec file, and places in it. Everything the compiler says to the user points at
// such a place. Immutable once made; shared by all phases.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flinkc {

struct LineColumn {
  uint32_t line = 1;    // from 1
  uint32_t column = 1;  // from 1, in characters (code points), not bytes
};

class SourceBuffer {
 public:
  // `name` is how the file is called in messages: its path as the user gave it, or "<stdin>". A
  // byte order mark at the start of `text` is dropped. The text may be any bytes; below 4 GiB.
  SourceBuffer(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  // Offsets past the end mean the end.
  LineColumn Locate(uint32_t offset) const;
  uint32_t line_count() const { return static_cast<uint32_t>(line_starts_.size()); }
  // The text of line `line` (from 1) without its line end; "" if there is no such line.
  std::string_view Line(uint32_t line) const;
  // The offset at which line `line` (from 1 to line_count()) starts.
  uint32_t LineStart(uint32_t line) const { return line_starts_[line - 1]; }

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

// The half-open byte range [begin, end) of a buffer. Without a buffer: a place outside of any file.
struct SourceSpan {
  const SourceBuffer* buffer = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool is_valid() const { return buffer != nullptr; }
  bool operator==(const SourceSpan&) const = default;
};

// The value of a string leaf, and where in the file each of its bytes stands: quotes, escapes,
// folding and block indentation make the two differ.
struct SourceText {
  std::string value;
  // The whole leaf, with its quotes.
  SourceSpan span;
  // offsets[i] is the source offset of value[i], offsets[value.size()] the end. Empty: value[i]
  // stands at span.begin + i.
  std::vector<uint32_t> offsets;

  // The place of value bytes [begin, end). Offsets past the value's end mean its end.
  SourceSpan SpanOf(size_t begin, size_t end) const;
};

}  // namespace flinkc
