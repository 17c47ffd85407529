#include "compiler/spec/substitution.h"

#include <string>

#include <fmt/format.h>

#include "compiler/spec/names.h"

namespace flinkc {

namespace {

constexpr std::string_view kOpen = "${";
constexpr std::string_view kEscaped = "\\${";

// Builds the new value with its places.
class Substitution {
 public:
  explicit Substitution(const SourceText& text) : text_(text) { result_.span = text.span; }

  uint32_t OffsetOf(size_t i) const {
    return text_.offsets.empty() ? text_.span.begin + static_cast<uint32_t>(i) : text_.offsets[i];
  }
  void Append(std::string_view bytes, size_t from, bool all_at_one_place) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      result_.value += bytes[i];
      result_.offsets.push_back(OffsetOf(all_at_one_place ? from : from + i));
    }
  }
  SourceText Take() {
    result_.offsets.push_back(OffsetOf(text_.value.size()));
    return std::move(result_);
  }

 private:
  const SourceText& text_;
  SourceText result_;
};

const ParamSpec* FindParam(const std::vector<ParamSpec>& params, std::string_view name) {
  for (const ParamSpec& param : params) {
    if (param.name.value == name) return &param;
  }
  return nullptr;
}

void ReportUnknown(const SourceText& text, size_t begin, size_t end, std::string_view name,
                   const std::vector<ParamSpec>& params, DiagnosticLog& log) {
  std::vector<std::string_view> names;
  for (const ParamSpec& param : params) names.push_back(param.name.value);
  Diagnostic& diagnostic = log.Report(DiagnosticCode::kUnknownParameter, text.SpanOf(begin, end),
                                      fmt::format("unknown parameter `{}`", name))
                               .Label(SuggestText(name, names));
  if (params.empty()) {
    diagnostic.Help(fmt::format("declare it: `params: {{{}: {{type: STRING}}}}`", name));
  }
}

}  // namespace

bool HasSubstitution(std::string_view text) {
  for (size_t at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen, at + 1)) {
    if (at == 0 || text[at - 1] != '\\') return true;
  }
  return false;
}

SourceText Substitute(const SourceText& text, const std::vector<ParamSpec>& params,
                      DiagnosticLog& log, size_t& problems) {
  std::string_view value = text.value;
  if (value.find(kOpen) == std::string_view::npos) return text;
  Substitution substitution(text);
  for (size_t at = 0; at < value.size();) {
    std::string_view rest = value.substr(at);
    if (rest.starts_with(kEscaped)) {
      substitution.Append(kOpen, at + 1, false);
      at += kEscaped.size();
      continue;
    }
    if (!rest.starts_with(kOpen)) {
      substitution.Append(rest.substr(0, 1), at, false);
      ++at;
      continue;
    }
    size_t close = rest.find('}');
    std::string_view name =
        rest.substr(kOpen.size(), close == std::string_view::npos ? std::string_view::npos
                                                                  : close - kOpen.size());
    if (close == std::string_view::npos || !IsIdentifier(name)) {
      log.Report(DiagnosticCode::kInvalidSubstitution, text.SpanOf(at, at + kOpen.size()),
                 "`${` must be followed by a parameter's name and `}`")
          .Help("write `\\${` for the characters themselves (`\\\\${` within double quotes)");
      ++problems;
      substitution.Append(kOpen, at, false);
      at += kOpen.size();
      continue;
    }
    const ParamSpec* param = FindParam(params, name);
    if (param == nullptr) {
      ReportUnknown(text, at, at + close + 1, name, params, log);
      ++problems;
    } else {
      substitution.Append(param->value, at, true);
      problems += param->is_invalid;
    }
    at += close + 1;
  }
  return substitution.Take();
}

}  // namespace flinkc
