// flinkc state ls, flinkc state inspect: reads checkpoints and savepoints without the engine and
// without their job.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/env/standard_output.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/spec_command.h"
#include "tools/state/state_list.h"
#include "tools/state/state_path.h"
#include "tools/state/state_rows.h"
#include "tools/state/text_table.h"

namespace flinkc {

namespace {

// For people rows are aligned, so many at a time.
constexpr size_t kRowsATable = 1000;

struct StateOptions {
  std::string path;
  std::string format;
  bool spec = false;
  InspectOptions inspect;
};

int Fail(const Error& error) {
  PrintError(error);
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitEnvironment;
}

// Reading does no harm outside of a directory: `..` is taken as the shell would.
Result<StateAtPath> Find(FileSystem& files, const std::string& path) {
  if (!HasParentReference(path)) return FindState(files, path);
  std::error_code error;
  const std::filesystem::path plain = std::filesystem::weakly_canonical(path, error);
  return FindState(files, error ? path : plain.string());
}

int List(const StateOptions& options) {
  LocalFileSystem files;
  Result<StateAtPath> state = Find(files, options.path);
  if (!state) return Fail(state.error());
  if (!options.spec) {
    const Result<std::string> list = options.format == "json" ? ListJson(*state) : ListText(*state);
    return list ? WriteOutput("", *list) : Fail(list.error());
  }
  const Result<CheckpointAtPath> checkpoint = NewestOf(*std::move(state), options.path);
  if (!checkpoint) return Fail(checkpoint.error());
  if (checkpoint->metadata.spec().empty()) {
    return Fail({ErrorCode::kNotFound,
                 fmt::format("{} does not hold the spec of its job", checkpoint->directory)});
  }
  return WriteOutput("", checkpoint->metadata.spec());
}

// The rows of one state after the other as tables.
class RowTables {
 public:
  Status Add(const InspectedRow& row) {
    if (row.state_id != state_id_ || ++rows_ == kRowsATable) {
      RETURN_IF_ERROR(Print());
      Start(row);
    }
    std::vector<std::string> cells = {std::to_string(row.key_group)};
    if (row.slice_end) {
      std::string json = RowJson({{}, 0, row.slice_end, {}, {}});
      const size_t begin = json.find("\"slice_end\":\"") + 13;
      cells.push_back(json.substr(begin, json.find('"', begin) - begin));
    }
    for (const InspectedRow::Cell& cell : row.keys) cells.push_back(cell.json);
    for (const InspectedRow::Cell& cell : row.values) cells.push_back(cell.json);
    table_->Add(std::move(cells));
    return {};
  }
  Status Print() {
    if (table_ == nullptr) return {};
    const std::string text =
        fmt::format("{}state {}\n\n{}", printed_ ? "\n" : "", state_id_, table_->Text("  "));
    printed_ = true;
    table_.reset();
    return WriteStandardOutput(text);
  }

 private:
  void Start(const InspectedRow& row) {
    rows_ = 0;
    state_id_ = row.state_id;
    std::vector<TextTable::Column> columns = {{"key group", Align::kRight}};
    if (row.slice_end) columns.push_back({"slice end"});
    for (const auto& cell : row.keys) columns.push_back({cell.name, SideOf(cell)});
    for (const auto& cell : row.values) columns.push_back({cell.name, SideOf(cell)});
    table_ = std::make_unique<TextTable>(std::move(columns));
  }
  // Numbers to the right.
  static Align SideOf(const InspectedRow::Cell& cell) {
    const bool text = cell.json.starts_with('"') || cell.json.starts_with('{');
    return text ? Align::kLeft : Align::kRight;
  }

  std::string state_id_;
  std::unique_ptr<TextTable> table_;
  size_t rows_ = 0;
  bool printed_ = false;
};

int Inspect(const StateOptions& options) {
  LocalFileSystem files;
  Result<StateAtPath> state = Find(files, options.path);
  if (!state) return Fail(state.error());
  const Result<CheckpointAtPath> checkpoint = NewestOf(*std::move(state), options.path);
  if (!checkpoint) return Fail(checkpoint.error());
  RowTables tables;
  const bool as_json = options.format == "json";
  const Result<bool> more =
      InspectRows(files, *checkpoint, options.inspect, [&](const InspectedRow& row) -> Status {
        return as_json ? WriteStandardOutput(RowJson(row) + "\n") : tables.Add(row);
      });
  const Status printed = tables.Print();
  if (!more) return Fail(more.error());
  if (!printed) return Fail(printed.error());
  if (*more) {
    fmt::print(stderr, "flinkc: there are more rows than {}; --limit 0 shows all\n",
               options.inspect.limit);
  }
  return kExitOk;
}

}  // namespace

void AddStateCommand(CLI::App& app, int* exit_code) {
  CLI::App* state = app.add_subcommand("state", "Read checkpoints and savepoints");
  state->require_subcommand(1);
  const char* path = "A checkpoint, a savepoint, or a directory of checkpoints";

  auto list = std::make_shared<StateOptions>();
  CLI::App* ls = state->add_subcommand("ls", "List the checkpoints of a job, or what one holds");
  ls->add_option("path", list->path, path)->required();
  ls->add_option("--format", list->format, "For people, or as one JSON document")
      ->check(CLI::IsMember({"text", "json"}));
  ls->add_flag("--spec", list->spec, "Print the spec of the job that took it");
  ls->callback([list, exit_code] { *exit_code = List(*list); });

  auto rows = std::make_shared<StateOptions>();
  rows->format = "json";
  rows->inspect.limit = 100;
  CLI::App* inspect =
      state->add_subcommand("inspect", "Print the rows of a checkpoint; of a job, of its newest");
  inspect->add_option("path", rows->path, path)->required();
  inspect->add_option("--state", rows->inspect.state_id, "Only of the state with this id");
  inspect->add_option("--key-group", rows->inspect.key_group, "Only of this key group");
  inspect->add_option("--limit", rows->inspect.limit, "So many rows at most [100]; 0: all");
  inspect->add_option("--format", rows->format, "JSON lines, or tables for people")
      ->check(CLI::IsMember({"text", "json"}));
  inspect->callback([rows, exit_code] { *exit_code = Inspect(*rows); });
}

}  // namespace flinkc
