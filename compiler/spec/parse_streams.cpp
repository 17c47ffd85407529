// `streams:`: an input, then one operator or a pipe of them.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

class StreamParser {
 public:
  StreamParser(const YamlEntry& entry, SpecReader& reader)
      : entry_(entry),
        reader_(reader),
        what_(fmt::format("stream `{}`", entry.key->text.value)),
        map_(reader, {entry.key->text.value, entry.value}, "stream", what_) {}

  StreamSpec Parse();

 private:
  void ParseInput();
  void ParseOperators();
  void ParseSet();
  void ParsePipe(Field pipe);
  void ParsePipeItem(const YamlNode& item);
  void ReportSeveral(const std::vector<SourceText>& keywords);

  const YamlEntry& entry_;
  SpecReader& reader_;
  std::string what_;
  MapReader map_;
  StreamSpec stream_;
};

StreamSpec StreamParser::Parse() {
  size_t before = reader_.problems();
  stream_.name = entry_.key->text;
  stream_.span = entry_.value->span;
  reader_.CheckName(stream_.name, "a stream's name");
  if (map_.is_map()) {
    ParseInput();
    ParseOperators();
    stream_.schema = ParseSchema(map_.Take("schema"), reader_);
    stream_.on_error = reader_.ReadOnError(map_.Take("on_error"));
    stream_.parallelism = reader_.ReadInteger(map_.Take("parallelism"), 1, kMaxParallelism);
    stream_.id = reader_.ReadName(map_.Take("id"));
    ParseSet();
    map_.Finish();
  }
  stream_.is_invalid = reader_.problems() != before;
  return std::move(stream_);
}

void StreamParser::ParseInput() {
  Field join = map_.Take("join");
  // `sql` is an input as well; it is refused where the operators are read.
  bool has_other = join || map_.KeySpan("sql").is_valid();
  Field from = has_other ? map_.Take("from") : map_.Require("from", "from: a_source");
  if (join && from) {
    reader_
        .Report(DiagnosticCode::kConflictingKeys, map_.KeySpan("from"),
                fmt::format("{} has both `from` and `join`", what_))
        .Also(map_.KeySpan("join"), "which says what it reads");
    return;
  }
  if (join) ParseJoin(join, map_.KeySpan("join"), &stream_, reader_);
  if (!from) return;
  if (from.node->kind != YamlNode::Kind::kList) {
    if (auto reference = ParseStreamReference(from, reader_)) {
      stream_.from.push_back(*std::move(reference));
    }
    return;
  }
  for (const YamlNode* item : reader_.ItemsOf(from)) {
    if (auto reference = ParseStreamReference({"from", item}, reader_)) {
      stream_.from.push_back(*std::move(reference));
    }
  }
}

void StreamParser::ParseSet() {
  stream_.set =
      reader_.ReadChoice<SetKind>(map_.Take("set"), {{"intersect", SetKind::kIntersect},
                                                     {"intersect_all", SetKind::kIntersectAll},
                                                     {"except", SetKind::kExcept},
                                                     {"except_all", SetKind::kExceptAll}});
  if (!stream_.set || stream_.from.size() != 1) return;
  reader_
      .Report(DiagnosticCode::kInvalidValue, map_.KeySpan("set"),
              fmt::format("{} has one input, `set` is of several", what_))
      .Help("name all of them: `from: [a, b]`");
}

// No operator at all is a plain copy, or with several inputs their union.
void StreamParser::ParseOperators() {
  std::vector<SourceText> keywords;
  for (const YamlEntry& entry : entry_.value->entries) {
    if (IsOperatorKeyword(entry.key->text.value)) keywords.push_back(entry.key->text);
  }
  Field pipe = map_.Take("pipe");
  // `sql` is followed by a pipe of its own.
  bool is_join = !keywords.empty() && keywords[0].value == "sql";
  if (pipe && !keywords.empty() && !is_join) {
    reader_
        .Report(DiagnosticCode::kOperatorCount, map_.KeySpan("pipe"),
                fmt::format("{} has both `{}` and `pipe`", what_, keywords[0].value))
        .Also(keywords[0].span, "the operator beside it")
        .Help("put all operators into the pipe, in their order");
  } else if (keywords.size() > 1 && !is_join) {
    ReportSeveral(keywords);
  }
  for (const SourceText& keyword : keywords) {
    Field field = map_.Take(keyword.value);
    stream_.operators.push_back(ParseOperator(keyword, *field.node, reader_));
  }
  // Known to Finish, so that it can suggest them.
  for (std::string_view keyword : OperatorKeywords()) map_.Take(keyword);
  if (pipe) ParsePipe(pipe);
}

void StreamParser::ReportSeveral(const std::vector<SourceText>& keywords) {
  Diagnostic& diagnostic = reader_.Report(DiagnosticCode::kOperatorCount, keywords[1].span,
                                          fmt::format("{} has more than one operator", what_));
  diagnostic.Also(keywords[0].span, "the first one")
      .Help("the order of keys means nothing; write `pipe:` with a list of them");
}

void StreamParser::ParsePipe(Field pipe) {
  for (const YamlNode* item : reader_.ItemsOf(pipe)) ParsePipeItem(*item);
}

void StreamParser::ParsePipeItem(const YamlNode& item) {
  Field field{"pipe", &item};
  if (item.kind != YamlNode::Kind::kMap) {
    reader_.ReportKind(field, "a list of operators, each a map of one");
    stream_.operators.push_back({});
    return;
  }
  MapReader map(reader_, field, "pipe item", fmt::format("an operator of {}", what_));
  std::vector<SourceText> keywords;
  for (const YamlEntry& entry : item.entries) {
    if (IsOperatorKeyword(entry.key->text.value)) keywords.push_back(entry.key->text);
  }
  std::optional<SpecName> id = reader_.ReadName(map.Take("id"));
  size_t before = reader_.problems();
  for (const SourceText& keyword : keywords) {
    OperatorSpec op = ParseOperator(keyword, *map.Take(keyword.value).node, reader_);
    op.id = id;
    stream_.operators.push_back(std::move(op));
  }
  for (std::string_view keyword : OperatorKeywords()) map.Take(keyword);
  map.Finish();
  if (keywords.size() > 1) {
    reader_
        .Report(DiagnosticCode::kOperatorCount, keywords[1].span,
                "an item of a pipe is one operator")
        .Also(keywords[0].span, "the first one")
        .Help(fmt::format("write `- {}: …` as an item of its own", keywords[1].value));
  }
  if (!keywords.empty()) return;
  if (reader_.problems() == before) {
    reader_
        .Report(DiagnosticCode::kOperatorCount,
                {item.span.buffer, item.span.begin, item.span.begin + 1},
                "an item of a pipe without an operator")
        .Help(fmt::format("the operators are {}", fmt::join(OperatorKeywords(), ", ")));
  }
  stream_.operators.push_back({});  // invalid, as its output is unknown
}

}  // namespace

std::vector<StreamSpec> ParseStreams(Field field, SpecReader& reader) {
  std::vector<StreamSpec> streams;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    streams.push_back(StreamParser(entry, reader).Parse());
  }
  return streams;
}

}  // namespace flinkc
