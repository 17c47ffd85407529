#include "runtime/taskmanager/tap_session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/connector/sink.h"
#include "runtime/data/text_writer.h"
#include "runtime/task/chain_executor.h"

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

// So many rows a second, evenly; after a pause up to those of one second at once.
class RowBudget {
 public:
  explicit RowBudget(uint32_t rows_per_second) : rows_per_second_(rows_per_second) {}

  bool HasRows(int64_t now_micros) {
    if (!last_micros_) parts_ = Full();
    // The clock may be set back.
    const int64_t passed = now_micros - last_micros_.value_or(now_micros);
    last_micros_ = now_micros;
    if (passed > 0) parts_ += std::min(passed, kMicrosPerSecond) * rows_per_second_;
    parts_ = std::min(parts_, Full());
    return is_left();
  }
  bool is_left() const { return parts_ >= kMicrosPerSecond; }
  void Spend() { parts_ -= kMicrosPerSecond; }

 private:
  int64_t Full() const { return int64_t{rows_per_second_} * kMicrosPerSecond; }

  const uint32_t rows_per_second_;
  std::optional<int64_t> last_micros_;
  int64_t parts_ = 0;  // of rows: millionths
};

class SubtaskTap final : public RowTap {
 public:
  SubtaskTap(std::shared_ptr<TapSession> session, SubtaskView view, MemoryPool* memory)
      : session_(std::move(session)),
        view_(std::move(view)),
        budget_(session_->request().rows_per_second()) {
    for (size_t i = 0; i < view_.chains.size(); ++i) {
      Stage& stage = *stages_.emplace_back(std::make_unique<Stage>());
      stage.end = std::make_unique<StageEnd>(this, i + 1);
      ExecutorOptions options;
      options.chain = view_.chains[i];
      options.sinks = {stage.end.get()};
      options.memory = memory;
      stage.executor = std::make_unique<ChainExecutor>(std::move(options));
    }
  }

  bool is_closed() const override { return session_->is_closed(); }

  bool WantsRows(int64_t now_micros) override {
    now_micros_ = now_micros;
    return !is_closed() && budget_.HasRows(now_micros);
  }

  void Take(const RecordBatch& rows) override {
    // It is only read, and that is done when Give returns.
    Give(BatchPtr(BatchPtr(), const_cast<RecordBatch*>(&rows)), 0);
  }

 private:
  // Where the rows of a chain go: to the next one.
  class StageEnd final : public SinkWriter {
   public:
    StageEnd(SubtaskTap* tap, size_t next) : tap_(tap), next_(next) {}
    Status Write(const BatchPtr& batch) override {
      tap_->Give(batch, next_);
      return {};
    }

   private:
    SubtaskTap* const tap_;
    const size_t next_;
  };
  struct Stage {
    std::unique_ptr<StageEnd> end;
    std::unique_ptr<ChainExecutor> executor;
  };

  void Give(const BatchPtr& batch, size_t stage) {
    if (is_closed()) return;
    if (stage == stages_.size()) return Show(*batch);
    ChainExecutor& executor = *stages_[stage]->executor;
    executor.PushBatch(batch, nullptr, now_micros_);
    Work(executor);
    if (is_closed()) return;
    executor.Flush();
    Work(executor);
  }

  void Work(ChainExecutor& executor) {
    ExecutorState state = ExecutorState::kBusy;
    while (state == ExecutorState::kBusy || executor.progressed()) {
      state = executor.Advance();
      if (state != ExecutorState::kFailed) continue;
      session_->Fail(executor.error());
      session_->Close();
      return;
    }
  }

  void Show(const RecordBatch& rows) {
    for (int32_t row = 0; row < rows.row_count() && budget_.is_left(); ++row) {
      budget_.Spend();
      protocol::TapRow shown;
      shown.set_subtask(view_.subtask);
      if (view_.row_kinds) shown.set_kind(static_cast<uint32_t>(rows.kind(row)));
      if (session_->request().format() == protocol::TapRequest::JSON) {
        AppendRowJson(*shown.mutable_json(), rows, view_.schema, row);
      } else {
        AddCells(rows, row, &shown);
      }
      session_->Add(std::move(shown));
    }
  }

  void AddCells(const RecordBatch& rows, int32_t row, protocol::TapRow* shown) const {
    for (size_t column = 0; column < view_.schema.size(); ++column) {
      protocol::TapRow::Cell& cell = *shown->add_cells();
      if (rows.IsNull(column, row)) {
        cell.set_is_null(true);
        continue;
      }
      const DataType& type = view_.schema[column].type;
      std::string& text = *cell.mutable_text();
      if (type.kind() == TypeKind::kBytes) {
        AppendJson(text, rows, type, column, row);  // base64, in quotes
        text = text.substr(1, text.size() - 2);
      } else {
        AppendText(text, rows, type, column, row);
      }
    }
  }

  // Constant after construction.
  const std::shared_ptr<TapSession> session_;
  const SubtaskView view_;
  std::vector<std::unique_ptr<Stage>> stages_;
  // The worker only.
  RowBudget budget_;
  int64_t now_micros_ = 0;
};

}  // namespace

void TapSession::Add(protocol::TapRow row) {
  const size_t bytes = row.ByteSizeLong();
  const std::lock_guard lock(mutex_);
  if (is_closed() || rows_.size() == kRowsMax || bytes_ + bytes > kBytesMax) {
    ++left_out_;
    return;
  }
  bytes_ += bytes;
  rows_.push_back(std::move(row));
}

void TapSession::Fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
}

std::optional<Error> TapSession::Take(protocol::TapRows* rows) {
  const std::lock_guard lock(mutex_);
  if (error_) return error_;
  for (protocol::TapRow& row : rows_) *rows->add_rows() = std::move(row);
  rows->set_left_out(left_out_);
  rows_.clear();
  bytes_ = 0;
  left_out_ = 0;
  return std::nullopt;
}

void TapSession::Close() {
  is_closed_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  rows_.clear();
  bytes_ = 0;
}

Status CheckView(const ChainLayout& chain, const Schema& from, const Schema& to, bool row_kinds) {
  const auto refuse = [](const char* what) {
    return MakeError(ErrorCode::kInvalidArgument, std::string("the filter of a tap ") + what);
  };
  if (chain.source || !chain.states.empty() || !chain.natives.empty()) {
    return refuse("must choose rows and do no more");
  }
  if (chain.heads.size() != 1) return refuse("must read one input");
  const HeadLayout& head = chain.heads[0];
  if (head.schema != from || head.key_hashes || head.row_kinds != row_kinds) {
    return refuse("is made for other columns; ask for those of the stream again");
  }
  if (chain.sinks.size() != 1 || chain.sinks[0].schema != to ||
      chain.sinks[0].row_kinds != row_kinds) {
    return refuse("must give the rows as they are");
  }
  const bool leaves = std::ranges::any_of(
      chain.ports, [](const PortLayout& port) { return port.target == PortTarget::kEdge; });
  return leaves ? Status(refuse("must give its rows to one sink")) : Status();
}

std::unique_ptr<RowTap> MakeSubtaskTap(std::shared_ptr<TapSession> session, SubtaskView view,
                                       MemoryPool* memory) {
  return std::make_unique<SubtaskTap>(std::move(session), std::move(view), memory);
}

}  // namespace flinkc
