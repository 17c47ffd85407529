#include "compiler/diagnostics/text_renderer.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "compiler/diagnostics/display_text.h"

namespace flinkc {

namespace {

// A span over more lines than this is shown by its first two and its last.
constexpr uint32_t kMaxLinesOfSpan = 4;
// Of a longer line only the part around what is underlined is shown.
constexpr size_t kMaxColumns = 160;
constexpr size_t kColumnsBefore = 60;

struct Style {
  std::string_view error, warning, note, frame, bold, reset;
};

constexpr Style kPlain = {};
constexpr Style kAnsi = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m",
                         "\x1b[1;34m", "\x1b[1m",    "\x1b[0m"};

// One underlined stretch of one line.
struct Underline {
  size_t begin = 0;  // bytes of the line
  size_t end = 0;
  bool is_primary = false;
  std::string text;
};

struct Place {
  SourceSpan span;
  std::string_view text;
  bool is_primary;
};

using UnderlinesByLine = std::map<uint32_t, std::vector<Underline>>;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The last line that `span` covers: a span that ends with a line end does not cover the next line.
uint32_t LastLine(const SourceSpan& span) {
  uint32_t last = span.end > span.begin ? span.end - 1 : span.begin;
  return span.buffer->Locate(last).line;
}

void AddUnderlines(const Place& place, UnderlinesByLine& lines) {
  const SourceBuffer& buffer = *place.span.buffer;
  uint32_t first = buffer.Locate(place.span.begin).line;
  uint32_t last = LastLine(place.span);
  for (uint32_t number = first; number <= last; ++number) {
    if (last - first >= kMaxLinesOfSpan && number > first + 1 && number < last) continue;
    std::string_view line = buffer.Line(number);
    uint32_t start = buffer.LineStart(number);
    size_t begin = number == first ? place.span.begin - start : 0;
    size_t end = number == last && place.span.end >= start ? place.span.end - start : line.size();
    begin = std::min(begin, line.size());
    end = std::clamp(end, begin, line.size());
    // Indentation and the blank after the text are not what is meant.
    while (number != first && begin < end && (line[begin] == ' ' || line[begin] == '\t')) ++begin;
    if (begin == end && number != last) {
      lines[number];  // an empty line within the span
      continue;
    }
    lines[number].push_back(
        {begin, end, place.is_primary, number == last ? std::string(Trim(place.text)) : ""});
  }
}

// Cuts `line` to the bytes near the first of `underlines`, which it moves along. The number of
// bytes left out at the beginning.
size_t LeaveOutFarBytes(std::string_view& line, std::vector<Underline>& underlines) {
  constexpr size_t kNear = 4 * kMaxColumns;
  if (line.size() <= 2 * kNear) return 0;
  size_t begin =
      underlines.empty() || underlines[0].begin < kNear ? 0 : underlines[0].begin - kNear;
  auto is_inside = [&](size_t i) {
    return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;
  };
  while (begin > 0 && is_inside(begin)) --begin;
  size_t end = std::min(line.size(), begin + 2 * kNear);
  while (is_inside(end)) ++end;
  line = line.substr(begin, end - begin);
  for (Underline& underline : underlines) {
    underline.begin = std::clamp(underline.begin, begin, end) - begin;
    underline.end = std::clamp(underline.end, begin, end) - begin;
  }
  return begin;
}

class TextRenderer {
 public:
  TextRenderer(const Diagnostic& diagnostic, bool color)
      : diagnostic_(diagnostic), style_(color ? kAnsi : kPlain) {}

  std::string Render() {
    RenderTitle();
    CollectPlaces();
    bool is_first = true;
    for (const auto& [buffer, places] : places_) {
      RenderSnippet(places, std::exchange(is_first, false));
    }
    for (const std::string& help : diagnostic_.help) RenderHelp(help);
    RenderHelp(fmt::format("flinkc explain-code {}", Info(diagnostic_.code).number));
    return std::move(out_);
  }

 private:
  std::string_view SeverityColor() const {
    switch (diagnostic_.severity) {
      case Severity::kError:
        return style_.error;
      case Severity::kWarning:
        return style_.warning;
      case Severity::kNote:
        return style_.note;
    }
    return {};
  }

  void RenderTitle() {
    constexpr std::string_view kNames[] = {"error", "warning", "note"};
    out_ += fmt::format("{}{}[{}]{}{}: {}{}\n", SeverityColor(),
                        kNames[static_cast<size_t>(diagnostic_.severity)],
                        Info(diagnostic_.code).number, style_.reset, style_.bold,
                        CleanText(diagnostic_.message), style_.reset);
  }

  // The file of the main place first, then the others in the order of their labels.
  void CollectPlaces() {
    auto add = [this](const Place& place) {
      if (!place.span.is_valid()) return;
      auto known = std::find_if(places_.begin(), places_.end(), [&](const auto& group) {
        return group.first == place.span.buffer;
      });
      if (known == places_.end()) {
        known = places_.insert(places_.end(), {place.span.buffer, {}});
      }
      known->second.push_back(place);
      uint32_t last = LastLine(place.span);
      gutter_ = std::max(gutter_, fmt::formatted_size("{}", last));
    };
    add({diagnostic_.span, diagnostic_.label, true});
    for (const DiagnosticLabel& label : diagnostic_.labels) add({label.span, label.text, false});
  }

  void RenderSnippet(const std::vector<Place>& places, bool is_first) {
    const SourceBuffer& buffer = *places[0].span.buffer;
    LineColumn at = buffer.Locate(places[0].span.begin);
    if (!is_first) Gutter("", "");
    out_ += fmt::format("{:{}}{}{}{} {}:{}:{}\n", "", gutter_, style_.frame,
                        is_first ? "-->" : ":::", style_.reset, CleanText(buffer.name()), at.line,
                        at.column);
    Gutter("", "");
    UnderlinesByLine lines;
    for (const Place& place : places) AddUnderlines(place, lines);
    uint32_t last = 0;
    for (auto& [number, underlines] : lines) {
      if (last != 0 && number == last + 2) {
        RenderLine(buffer, last + 1, {});
      } else if (last != 0 && number > last + 1) {
        out_ += fmt::format("{}...{}\n", style_.frame, style_.reset);
      }
      RenderLine(buffer, number, std::move(underlines));
      last = number;
    }
  }

  void RenderLine(const SourceBuffer& buffer, uint32_t number, std::vector<Underline> underlines) {
    std::sort(underlines.begin(), underlines.end(), [](const Underline& a, const Underline& b) {
      return std::tuple(!a.is_primary, a.begin, a.end, a.text) <
             std::tuple(!b.is_primary, b.begin, b.end, b.text);
    });
    std::string_view content = buffer.Line(number);
    size_t left_out = LeaveOutFarBytes(content, underlines);
    DisplayLine line = MakeDisplayLine(content);
    size_t width = line.columns.back();
    size_t from = 0;
    if (width > kMaxColumns && !underlines.empty()) {
      size_t column = line.columns[underlines[0].begin];
      from = column > kColumnsBefore ? column - kColumnsBefore : 0;
    }
    size_t to = std::min(width, from + kMaxColumns);
    bool is_cut = from > 0 || left_out > 0;
    std::string_view before = is_cut ? "…" : "";
    std::string text = CutColumns(line, from, to);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    Gutter(fmt::format("{}", number), fmt::format("{}{}{}", before, text, to < width ? "…" : ""));
    for (const Underline& underline : underlines) {
      size_t begin = std::clamp(line.columns[underline.begin], from, to);
      size_t end = std::clamp(line.columns[underline.end], begin, to);
      std::string marks(std::max<size_t>(end - begin, 1), underline.is_primary ? '^' : '-');
      std::string_view color = underline.is_primary ? SeverityColor() : style_.frame;
      Gutter("", fmt::format("{:{}}{}{}{}{}{}", "", begin - from + (is_cut ? 1 : 0), color, marks,
                             underline.text.empty() ? "" : " ", CleanText(underline.text),
                             style_.reset));
    }
  }

  void Gutter(std::string_view number, std::string_view text) {
    out_ += fmt::format("{}{:>{}} |{}{}{}\n", style_.frame, number, gutter_, style_.reset,
                        text.empty() ? "" : " ", text);
  }

  void RenderHelp(std::string_view text) {
    out_ += fmt::format("{:{}} {}={} {}help{}: {}\n", "", gutter_, style_.frame, style_.reset,
                        style_.bold, style_.reset, CleanText(text));
  }

  const Diagnostic& diagnostic_;
  const Style& style_;
  std::vector<std::pair<const SourceBuffer*, std::vector<Place>>> places_;
  size_t gutter_ = 1;
  std::string out_;
};

}  // namespace

std::string RenderText(const Diagnostic& diagnostic, bool color) {
  return TextRenderer(diagnostic, color).Render();
}

}  // namespace flinkc
