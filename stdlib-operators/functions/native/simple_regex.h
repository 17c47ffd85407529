// The regular expressions that most jobs extract fields with, matched without an automaton: an
// optional one-byte delimiter that may also be the text's begin, a literal, and an optional run of
// bytes up to a stop character, as in `(&|^)channel_id=([^&]*)`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flinkc {

// Immutable.
class SimpleRegex {
 public:
  // nullopt: the pattern is not of this shape.
  static std::optional<SimpleRegex> Make(std::string_view pattern);

  struct Match {
    // kUndecided: the text has something that only RE2 decides (bytes over 0x7F in the run).
    enum class Outcome : uint8_t { kFound, kNone, kUndecided };
    Outcome outcome = Outcome::kNone;
    std::string_view all;
    std::string_view groups[2];
  };
  // RE2's first match in `text`.
  Match Find(std::string_view text) const;
  int group_count() const { return (delimiter_ ? 1 : 0) + (run_ ? 1 : 0); }

 private:
  struct Run {
    std::string stops;  // what ends it
    bool may_be_empty = true;
  };

  // The match whose literal begins at `literal`, its delimiter at `begin`.
  Match At(std::string_view text, size_t begin, size_t literal) const;

  std::optional<char> delimiter_;
  std::string literal_;  // not empty
  std::optional<Run> run_;
};

}  // namespace flinkc
