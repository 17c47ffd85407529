#include "tools/state/state_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "tools/state/state_summary.h"
#include "tools/state/text_table.h"

namespace flinkc {

namespace {

using Json = nlohmann::ordered_json;

// So many splits of a source are listed for people; JSON has all.
constexpr size_t kSplitsShown = 20;

std::string_view KindOf(const proto::CheckpointMetadata& metadata) {
  return metadata.savepoint() ? "savepoint" : "checkpoint";
}

std::string Count(uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", WithThousands(number), what, number == 1 ? "" : "s");
}

std::string RowsText(uint64_t rows, bool known) { return known ? WithThousands(rows) : "?"; }

Json RowsJson(uint64_t rows, bool known) { return known ? Json(rows) : Json(nullptr); }

int64_t DurationOf(const proto::CheckpointMetadata& metadata) {
  return std::max<int64_t>(metadata.completed_at() - metadata.triggered_at(), 0);
}

std::string Header(const CheckpointAtPath& checkpoint, const CheckpointSummary& summary) {
  const proto::CheckpointMetadata& metadata = checkpoint.metadata;
  std::string text = fmt::format("{} {} of the job `{}`\n\n", KindOf(metadata),
                                 metadata.checkpoint_id(), metadata.job_name());
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<10} {}\n", name, value);
  };
  line("path", checkpoint.directory);
  line("taken", fmt::format("{}, in {} ms", TimeText(metadata.completed_at()),
                            WithThousands(static_cast<uint64_t>(DurationOf(metadata)))));
  line("job", fmt::format("{}, attempt {}, max_parallelism {}", metadata.job_id(),
                          metadata.attempt(), metadata.max_parallelism()));
  line("subtasks", fmt::format("{}, {} of them finished", summary.subtasks, summary.finished));
  line("state", fmt::format("{}, {}", summary.rows_known ? Count(summary.rows, "row") : "? rows",
                            HumanBytes(summary.state_bytes)));
  line("files", fmt::format("{}, {}, {} of earlier checkpoints",
                            WithThousands(static_cast<uint64_t>(metadata.files_size())),
                            HumanBytes(summary.file_bytes), summary.earlier_files));
  line("flinkc", fmt::format("{}, plan {}", metadata.version().empty() ? "?" : metadata.version(),
                             metadata.plan_digest().empty() ? "?" : metadata.plan_digest()));
  return text;
}

std::string StatesText(const proto::CheckpointMetadata& metadata,
                       const CheckpointSummary& summary) {
  TextTable table({{"state"},
                   {"rows", Align::kRight},
                   {"size", Align::kRight},
                   {"key groups", Align::kRight},
                   {"subtasks", Align::kRight},
                   {"window"}});
  TextTable schemas({{"state"}, {"schema"}});
  for (const StateSummary& state : summary.states) {
    std::string window = WindowText(state.schema);
    if (!window.empty()) window += fmt::format(", {}", Count(state.slices, "slice"));
    table.Add({state.id, RowsText(state.rows, state.rows_known), HumanBytes(state.bytes),
               fmt::format("{}-{} of {}", state.key_group_first, state.key_group_last,
                           metadata.max_parallelism()),
               std::to_string(state.subtasks), window});
    schemas.Add(
        {state.id, state.schema.keys().empty() ? "no key" : "key " + KeysText(state.schema)});
    for (const proto::StateAccumulator& accumulator : state.schema.accumulators()) {
      schemas.Add({"", accumulator.call()});
    }
  }
  return table.empty() ? "\nno keyed state\n" : "\n" + table.Text() + "\n" + schemas.Text();
}

std::string SourcesText(const CheckpointSummary& summary) {
  if (summary.sources.empty()) return "";
  TextTable table({{"source"}, {"split"}, {"position"}});
  for (const SourceSummary& source : summary.sources) {
    std::string name = source.name;
    if (source.splits.empty()) table.Add({name, "all read"});
    for (size_t i = 0; i < source.splits.size() && i < kSplitsShown; ++i) {
      const SplitSummary& split = source.splits[i];
      table.Add({name, split.id, split.assigned ? split.position : "not begun"});
      name.clear();
    }
    if (source.splits.size() > kSplitsShown) {
      table.Add({"", fmt::format("and {} more", source.splits.size() - kSplitsShown)});
    }
  }
  return "\n" + table.Text();
}

std::string InFlightText(const CheckpointSummary& summary) {
  if (summary.in_flight.empty()) return "";
  TextTable table({{"in flight to"},
                   {"batches", Align::kRight},
                   {"size", Align::kRight},
                   {"subtasks", Align::kRight}});
  for (const InFlightSummary& in_flight : summary.in_flight) {
    table.Add({in_flight.vertex, WithThousands(in_flight.elements), HumanBytes(in_flight.bytes),
               std::to_string(in_flight.subtasks)});
  }
  return "\n" + table.Text();
}

std::string SealedText(const CheckpointSummary& summary) {
  if (summary.sealed.empty()) return "";
  TextTable table({{"sealed output"},
                   {"units", Align::kRight},
                   {"files", Align::kRight},
                   {"size", Align::kRight}});
  for (const SealedSummary& sealed : summary.sealed) {
    table.Add({sealed.sink, WithThousands(sealed.units), WithThousands(sealed.files),
               HumanBytes(sealed.bytes)});
  }
  return "\n" + table.Text();
}

Result<std::string> CheckpointText(const CheckpointAtPath& checkpoint) {
  ASSIGN_OR_RETURN(const CheckpointSummary summary, CheckpointSummary::Of(checkpoint));
  return Header(checkpoint, summary) + StatesText(checkpoint.metadata, summary) +
         SourcesText(summary) + InFlightText(summary) + SealedText(summary);
}

std::string JobText(const StateAtPath::Job& job) {
  const FoundCheckpoints& found = job.found;
  std::string text = fmt::format("{}: ", job.directory);
  text += Count(found.complete.size(), "complete checkpoint");
  if (!found.complete.empty()) {
    text += fmt::format(" of the job `{}`", found.complete.front().metadata.job_name());
  }
  if (!found.skipped.empty()) text += fmt::format(", {} damaged", found.skipped.size());
  text += "\n\n";
  TextTable table({{"checkpoint"},
                   {"taken"},
                   {"in", Align::kRight},
                   {"rows", Align::kRight},
                   {"state", Align::kRight},
                   {"files", Align::kRight},
                   {""}});
  for (const StoredCheckpoint& stored : found.complete) {
    const CheckpointSummary summary = CheckpointSummary::Of(stored.metadata);
    table.Add({fmt::format("chk-{}", stored.metadata.checkpoint_id()),
               TimeText(stored.metadata.completed_at()),
               fmt::format("{} ms", DurationOf(stored.metadata)),
               RowsText(summary.rows, summary.rows_known), HumanBytes(summary.state_bytes),
               std::to_string(stored.metadata.files_size()),
               stored.kept ? "kept for the user" : ""});
  }
  if (!table.empty()) text += table.Text("  ");
  for (const FoundCheckpoints::Skipped& skipped : found.skipped) {
    text += fmt::format("  chk-{} is damaged: {}\n", skipped.checkpoint_id, skipped.error.message);
  }
  return text;
}

Json TypeJson(const proto::StateSchema& schema) {
  Json keys = Json::array();
  for (const proto::StateKeyField& key : schema.keys()) {
    proto::StateSchema one;
    *one.add_keys() = key;
    keys.push_back({{"name", key.name()}, {"type", KeysText(one).substr(key.name().size() + 1)}});
  }
  Json accumulators = Json::array();
  for (const proto::StateAccumulator& accumulator : schema.accumulators()) {
    accumulators.push_back({{"call", accumulator.call()},
                            {"kind", accumulator.kind()},
                            {"bytes", accumulator.bytes()}});
  }
  Json json = {{"row_bytes", schema.row_bytes()}, {"key", keys}, {"aggregates", accumulators}};
  if (schema.window_size() != 0) {
    json["window"] = {{"size_micros", schema.window_size()},
                      {"slide_micros", schema.window_slide()},
                      {"offset_micros", schema.window_offset()},
                      {"lateness_micros", schema.lateness()}};
  }
  return json;
}

Json StatesJson(const CheckpointSummary& summary) {
  Json states = Json::array();
  for (const StateSummary& state : summary.states) {
    states.push_back({{"id", state.id},
                      {"rows", RowsJson(state.rows, state.rows_known)},
                      {"bytes", state.bytes},
                      {"segments", state.segments},
                      {"slices", state.schema.window_size() == 0 ? 0 : state.slices},
                      {"subtasks", state.subtasks},
                      {"key_groups", {state.key_group_first, state.key_group_last}},
                      {"schema", TypeJson(state.schema)}});
  }
  return states;
}

Json CheckpointJson(const CheckpointAtPath& checkpoint, const CheckpointSummary& summary) {
  const proto::CheckpointMetadata& metadata = checkpoint.metadata;
  Json sources = Json::array();
  for (const SourceSummary& source : summary.sources) {
    Json splits = Json::array();
    for (const SplitSummary& split : source.splits) {
      splits.push_back(
          {{"id", split.id}, {"position", split.position}, {"assigned", split.assigned}});
    }
    sources.push_back({{"source", source.name}, {"splits", splits}});
  }
  Json in_flight = Json::array();
  for (const InFlightSummary& one : summary.in_flight) {
    in_flight.push_back({{"vertex", one.vertex},
                         {"elements", one.elements},
                         {"bytes", one.bytes},
                         {"subtasks", one.subtasks}});
  }
  Json sealed = Json::array();
  for (const SealedSummary& output : summary.sealed) {
    sealed.push_back({{"sink", output.sink},
                      {"files", output.files},
                      {"bytes", output.bytes},
                      {"units", output.texts}});
  }
  Json files = Json::array();
  for (const proto::CheckpointMetadata::File& file : metadata.files()) {
    files.push_back(
        {{"path", file.path()}, {"bytes", file.size_bytes()}, {"created_by", file.created_by()}});
  }
  Json config = Json::object();
  const std::map<std::string, std::string> sorted(metadata.config().begin(),
                                                  metadata.config().end());
  for (const auto& [name, value] : sorted) config[name] = value;
  return {{"path", checkpoint.directory},
          {"kind", KindOf(metadata)},
          {"id", metadata.checkpoint_id()},
          {"job", metadata.job_name()},
          {"job_id", metadata.job_id()},
          {"attempt", metadata.attempt()},
          {"max_parallelism", metadata.max_parallelism()},
          {"triggered_at", metadata.triggered_at()},
          {"completed_at", metadata.completed_at()},
          {"flinkc", metadata.version()},
          {"plan_digest", metadata.plan_digest()},
          {"subtasks", summary.subtasks},
          {"finished_subtasks", summary.finished},
          {"rows", RowsJson(summary.rows, summary.rows_known)},
          {"state_bytes", summary.state_bytes},
          {"file_bytes", summary.file_bytes},
          {"states", StatesJson(summary)},
          {"in_flight", in_flight},
          {"sources", sources},
          {"sealed_output", sealed},
          {"files", files},
          {"config", config}};
}

Json JobJson(const StateAtPath::Job& job) {
  Json complete = Json::array();
  for (const StoredCheckpoint& stored : job.found.complete) {
    const CheckpointSummary summary = CheckpointSummary::Of(stored.metadata);
    complete.push_back({{"id", stored.metadata.checkpoint_id()},
                        {"path", stored.path},
                        {"job", stored.metadata.job_name()},
                        {"triggered_at", stored.metadata.triggered_at()},
                        {"completed_at", stored.metadata.completed_at()},
                        {"rows", RowsJson(summary.rows, summary.rows_known)},
                        {"state_bytes", summary.state_bytes},
                        {"kept", stored.kept}});
  }
  Json damaged = Json::array();
  for (const FoundCheckpoints::Skipped& skipped : job.found.skipped) {
    damaged.push_back({{"id", skipped.checkpoint_id}, {"error", skipped.error.message}});
  }
  return {{"path", job.directory}, {"checkpoints", complete}, {"damaged", damaged}};
}

}  // namespace

Result<std::string> ListText(const StateAtPath& state) {
  if (state.kind == StateAtPath::Kind::kCheckpoint) return CheckpointText(state.checkpoint);
  std::string text;
  for (const StateAtPath::Job& job : state.jobs) text += (text.empty() ? "" : "\n") + JobText(job);
  return text;
}

Result<std::string> ListJson(const StateAtPath& state) {
  Json json;
  if (state.kind == StateAtPath::Kind::kCheckpoint) {
    ASSIGN_OR_RETURN(const CheckpointSummary summary, CheckpointSummary::Of(state.checkpoint));
    json = CheckpointJson(state.checkpoint, summary);
  } else {
    for (const StateAtPath::Job& job : state.jobs) json["jobs"].push_back(JobJson(job));
  }
  // Names may hold any bytes.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace flinkc
