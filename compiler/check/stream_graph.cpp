#include "compiler/check/stream_graph.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace flinkc::check {

namespace {

const StreamSpec* FindStream(const JobSpec& spec, const std::string& name) {
  for (const StreamSpec& stream : spec.streams) {
    if (stream.name.value == name) return &stream;
  }
  return nullptr;
}

bool IsSink(const JobSpec& spec, const std::string& name) {
  return std::ranges::any_of(spec.sinks,
                             [&](const SinkSpec& sink) { return sink.name.value == name; });
}

// The place of the stream's name within a reference such as `orders.errors`.
SourceSpan NameSpan(const StreamReference& reference) {
  return reference.text.SpanOf(0, reference.stream.size());
}

void ReportUnknown(CheckState& state, const StreamReference& reference) {
  std::vector<std::string_view> names;
  for (const SourceSpec& source : state.spec.sources) names.push_back(source.name.value);
  for (const StreamSpec& stream : state.spec.streams) names.push_back(stream.name.value);
  Diagnostic& diagnostic =
      state.log.Report(DiagnosticCode::kUnknownStream, NameSpan(reference),
                       fmt::format("there is no source or stream `{}`", reference.stream));
  if (IsSink(state.spec, reference.stream)) {
    diagnostic.Help("a sink cannot be read; read the stream that the sink is `from`");
  } else {
    diagnostic.Label(SuggestText(reference.stream, names));
  }
}

// Depth-first over `from`; a stream is reported the first time a way leads back to it.
class StreamOrder {
 public:
  explicit StreamOrder(CheckState& state) : state_(state) {}

  std::vector<const StreamSpec*> Run() {
    for (const StreamSpec& stream : state_.spec.streams) Visit(stream);
    return std::move(order_);
  }

 private:
  enum class Mark : uint8_t { kNew, kOpen, kDone };

  // Iterative: a spec may chain thousands of streams.
  void Visit(const StreamSpec& first) {
    if (marks_[&first] != Mark::kNew) return;
    struct Frame {
      const StreamSpec* stream;
      size_t next = 0;
    };
    std::vector<Frame> path = {{&first}};
    marks_[&first] = Mark::kOpen;
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == frame.stream->from.size()) {
        marks_[frame.stream] = Mark::kDone;
        order_.push_back(frame.stream);
        path.pop_back();
        continue;
      }
      const StreamReference& reference = frame.stream->from[frame.next++];
      const StreamSpec* read = FindStream(state_.spec, reference.stream);
      if (read == nullptr) continue;
      Mark& mark = marks_[read];
      if (mark == Mark::kNew) {
        mark = Mark::kOpen;
        path.push_back({read});
      } else if (mark == Mark::kOpen) {
        std::vector<const StreamSpec*> cycle;
        auto start = std::ranges::find_if(path, [&](const Frame& f) { return f.stream == read; });
        for (auto it = start; it != path.end(); ++it) cycle.push_back(it->stream);
        Report(cycle);
      }
    }
  }

  // cycle[i] reads cycle[i + 1], the last one reads the first.
  void Report(const std::vector<const StreamSpec*>& cycle) {
    std::string way;
    for (const StreamSpec* stream : cycle) way += "`" + stream->name.value + "` reads ";
    way += "`" + cycle[0]->name.value + "`";
    Diagnostic& diagnostic = state_.log.Report(DiagnosticCode::kCyclicStreams, cycle[0]->name.span,
                                               fmt::format("streams in a circle: {}", way));
    for (size_t i = 0; i < cycle.size(); ++i) {
      const std::string& read = cycle[(i + 1) % cycle.size()]->name.value;
      for (const StreamReference& reference : cycle[i]->from) {
        if (reference.stream != read) continue;
        diagnostic.Also(NameSpan(reference),
                        fmt::format("`{}` reads `{}` here", cycle[i]->name.value, read));
        break;
      }
    }
    diagnostic.Help("a stream can only read what does not depend on it; break the circle");
    for (const StreamSpec* stream : cycle) state_.streams[stream->name.value].is_invalid = true;
  }

  CheckState& state_;
  std::map<const StreamSpec*, Mark> marks_;
  std::vector<const StreamSpec*> order_;
};

// Why `stream` has no output of this name, and how it could have one.
void ReportUnknownOutput(CheckState& state, const StreamReference& reference,
                         const CheckedStream& stream) {
  size_t name_size = reference.stream.size();
  SourceSpan span = reference.output.empty()
                        ? reference.text.span
                        : reference.text.SpanOf(name_size + 1, reference.text.value.size());
  const char* kind = stream.is_source ? "source" : "stream";
  std::vector<std::string> names;
  std::vector<std::string_view> candidates;
  for (const auto& [name, input] : stream.outputs) {
    names.push_back(name.empty() ? reference.stream : reference.stream + "." + name);
    if (!name.empty()) candidates.push_back(name);
  }
  bool could_have_errors = stream.can_fail && stream.errors_policy.mode == ErrorMode::kRoute;
  if (could_have_errors) candidates.push_back("errors");

  std::string message =
      reference.output.empty()
          ? fmt::format("{} `{}` has no main output: it ends in a route", kind, reference.stream)
          : fmt::format("{} `{}` has no output `{}`", kind, reference.stream, reference.output);
  Diagnostic& diagnostic = state.log.Report(DiagnosticCode::kUnknownOutput, span, message);
  if (!reference.output.empty()) diagnostic.Label(SuggestText(reference.output, candidates));
  diagnostic.Also(stream.span, fmt::format("its outputs are {}", QuotedList(names)));
  if (reference.output == "errors" && stream.can_fail) {
    diagnostic.Help(fmt::format("`{}.errors` exists under `on_error: route`", reference.stream));
  } else if (reference.output == "errors") {
    diagnostic.Help(fmt::format("nothing in `{}` can fail", reference.stream));
  } else if (reference.output == "left_only" || reference.output == "right_only") {
    diagnostic.Help(stream.has_join ? "only a join with `within` knows which rows have no match"
                                    : "only a join with `within` has unmatched rows");
  } else if (reference.output == "late" && stream.has_window) {
    diagnostic.Help(fmt::format("`{}.late` exists under `late: route`", reference.stream));
  } else if (reference.output == "late") {
    diagnostic.Help(
        "only an aggregate with a window, and `over` and `match` by event time, have late rows");
  }
}

}  // namespace

std::vector<const StreamSpec*> OrderStreams(CheckState& state) {
  for (const SourceSpec& source : state.spec.sources) {
    CheckedStream& checked = state.streams[source.name.value];
    checked.is_source = true;
    checked.span = source.name.span;
  }
  for (const StreamSpec& stream : state.spec.streams) {
    state.streams[stream.name.value].span = stream.name.span;
  }
  auto visit = [&](const StreamReference& reference) {
    state.consumed.insert({reference.stream, reference.output});
    if (!reference.stream.empty() && !state.streams.contains(reference.stream)) {
      ReportUnknown(state, reference);
    }
  };
  for (const StreamSpec& stream : state.spec.streams) {
    for (const StreamReference& reference : stream.from) visit(reference);
  }
  for (const SinkSpec& sink : state.spec.sinks) visit(sink.from);
  return StreamOrder(state).Run();
}

void WarnOfUnused(const CheckState& state) {
  std::set<std::string> used;
  std::vector<std::string> open;
  auto use = [&](const std::string& name) {
    if (used.insert(name).second) open.push_back(name);
  };
  for (const SinkSpec& sink : state.spec.sinks) use(sink.from.stream);
  while (!open.empty()) {
    std::string name = std::move(open.back());
    open.pop_back();
    const StreamSpec* stream = FindStream(state.spec, name);
    if (stream == nullptr) continue;
    for (const StreamReference& reference : stream->from) use(reference.stream);
  }
  auto warn = [&](const SpecName& name, const char* kind) {
    if (used.contains(name.value)) return;
    bool is_read = std::ranges::any_of(
        state.consumed, [&](const auto& reference) { return reference.first == name.value; });
    std::string why = is_read ? "what reads it leads to no sink" : "nothing reads it";
    state.log
        .Report(DiagnosticCode::kUnusedStream, name.span,
                fmt::format("{} `{}` is not used: {}", kind, name.value, why))
        .Help("remove it, or give its rows to a sink");
  };
  for (const SourceSpec& source : state.spec.sources) {
    if (!source.is_invalid) warn(source.name, "source");
  }
  for (const StreamSpec& stream : state.spec.streams) {
    if (!stream.is_invalid) warn(stream.name, "stream");
  }
}

std::optional<LogicalInput> ResolveReference(CheckState& state, const StreamReference& reference) {
  auto found = state.streams.find(reference.stream);
  if (found == state.streams.end() || found->second.is_invalid) return std::nullopt;
  const CheckedStream& stream = found->second;
  if (reference.output == "errors" && !stream.errors.empty()) {
    if (stream.errors.size() == 1) return stream.errors[0];
    // Several operators of one stream: their error rows are one output.
    LogicalOperator& all =
        state.Add(UnionOp{}, reference.stream, "errors", stream.span, stream.errors);
    LogicalOutput output;
    output.schema = ErrorSchema();
    all.outputs.push_back(std::move(output));
    return LogicalInput{all.id, 0};
  }
  for (const auto& [name, input] : stream.outputs) {
    if (name == reference.output) return input;
  }
  ReportUnknownOutput(state, reference, stream);
  return std::nullopt;
}

}  // namespace flinkc::check
