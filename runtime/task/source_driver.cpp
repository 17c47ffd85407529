#include "runtime/task/source_driver.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int64_t kWatermarkIntervalBatches = 64;
// Between two reports, whatever happens.
constexpr int64_t kReportMicrosMin = 10'000;

}  // namespace

SourceDriver::SourceDriver(const ChainSource& source, const Schema& batch_schema,
                           std::unique_ptr<SourceReader> reader, size_t head_pipeline_count,
                           MemoryPool* memory)
    : source_(source),
      reader_(std::move(reader)),
      head_pipeline_count_(head_pipeline_count),
      pool_(batch_schema, false, false, memory) {}

Status SourceDriver::AddSplit(const Split& split, int64_t now_micros) {
  RETURN_IF_ERROR(reader_->AddSplit(split));
  GivenSplit given;
  given.split = split;
  given.progress.assign(head_pipeline_count_, SplitProgress{split.max_event_time});
  given.last_rows_micros = now_micros;
  const auto place = std::upper_bound(
      unfinished_.begin(), unfinished_.end(), split.id,
      [this](const std::string& id, uint32_t other) { return id < splits_[other].split.id; });
  unfinished_.insert(place, static_cast<uint32_t>(splits_.size()));
  splits_.push_back(std::move(given));
  return {};
}

Result<SourceInput> SourceDriver::Poll(int64_t now_micros) {
  SourceInput input;
  if (unfinished_.empty()) {
    input.kind = no_more_splits_ ? SourceInput::Kind::kEnd : SourceInput::Kind::kNeedsSplit;
    return input;
  }
  if (alignment() != nullptr) HoldSplits(now_micros);
  if (is_held_back_) return input;
  if (spare_ == nullptr) spare_ = pool_.Take();
  ASSIGN_OR_RETURN(const SourcePoll poll, reader_->Poll(*spare_));
  const bool has_rows = poll.status == SourceStatus::kRows && spare_->row_count() > 0;
  if (has_rows) {
    CHECK(poll.split < splits_.size());
    GivenSplit& split = splits_[poll.split];
    split.last_rows_micros = now_micros;
    input.kind = SourceInput::Kind::kBatch;
    input.batch = std::move(spare_);
    input.progress = split.progress.data();
    ++batches_since_check_;
  } else {
    spare_->Clear();
  }
  if (poll.split_finished) FinishSplit(poll.split);
  if (poll.status == SourceStatus::kNeedsSplit) {
    while (!unfinished_.empty()) FinishSplit(unfinished_.back());
    input.kind = no_more_splits_ ? SourceInput::Kind::kEnd : SourceInput::Kind::kNeedsSplit;
  } else if (!has_rows) {
    if (poll.status == SourceStatus::kRows || poll.split_finished) {
      input.next_poll_micros = now_micros;
    } else if (poll.retry_after_micros > 0) {
      input.next_poll_micros = now_micros + poll.retry_after_micros;
    }
  }
  return input;
}

Result<std::vector<Split>> SourceDriver::Snapshot() const {
  std::vector<Split> splits;
  for (const uint32_t index : unfinished_) {
    Split& split = splits.emplace_back(splits_[index].split);
    ASSIGN_OR_RETURN(split.position, reader_->Position(index));
    for (const SplitProgress& progress : splits_[index].progress) {
      split.max_event_time = std::max(split.max_event_time, progress.max_event_time);
    }
  }
  return splits;
}

void SourceDriver::FinishSplit(uint32_t split) {
  CHECK(split < splits_.size());
  if (splits_[split].finished) return;
  splits_[split].finished = true;
  ++splits_finished_;
  unfinished_.erase(std::find(unfinished_.begin(), unfinished_.end(), split));
}

int64_t SourceDriver::WatermarkOf(const GivenSplit& split) const {
  const int64_t latest = split.progress.empty() ? INT64_MIN : split.progress[0].max_event_time;
  const int64_t behind = source_.event_time->out_of_order_micros;
  return latest < INT64_MIN + behind ? kWatermarkNone : latest - behind;
}

bool SourceDriver::IsIdle(const GivenSplit& split, int64_t now_micros) const {
  const int64_t idle_after = source_.event_time->idle_after_micros;
  // One that is not read is not silent.
  return idle_after > 0 && !split.held && now_micros - split.last_rows_micros >= idle_after;
}

std::optional<int64_t> SourceDriver::ComputeWatermark(int64_t now_micros) const {
  if (unfinished_.empty()) return kWatermarkNone;
  if (source_.event_time->ordered) {
    // What is not read yet, here or elsewhere, comes later than the first unfinished split.
    const GivenSplit& first = splits_[unfinished_.front()];
    if (IsIdle(first, now_micros)) return std::nullopt;
    return WatermarkOf(first);
  }
  if (!no_more_splits_) return kWatermarkNone;
  int64_t least = kWatermarkFinal;
  bool all_idle = true;
  for (uint32_t index : unfinished_) {
    if (IsIdle(splits_[index], now_micros)) continue;
    all_idle = false;
    least = std::min(least, WatermarkOf(splits_[index]));
  }
  if (all_idle) return std::nullopt;
  return least;
}

std::optional<StreamElement> SourceDriver::TakeProgress(int64_t now_micros) {
  if (!source_.event_time) return std::nullopt;
  const bool due = !checked_micros_ || batches_since_check_ >= kWatermarkIntervalBatches ||
                   now_micros - *checked_micros_ >= source_.event_time->watermark_interval_micros;
  if (!due) return std::nullopt;
  if (batches_since_check_ > 0) told_idle_ = false;
  const std::optional<int64_t> watermark = ComputeWatermark(now_micros);
  // Until there is a first watermark every batch is looked at.
  if (watermark_ != kWatermarkNone || batches_since_check_ == 0) checked_micros_ = now_micros;
  batches_since_check_ = 0;
  if (!watermark) {
    if (told_idle_) return std::nullopt;
    told_idle_ = true;
    return StreamElement::Idle();
  }
  if (*watermark <= watermark_) return std::nullopt;
  watermark_ = *watermark;
  checked_micros_ = now_micros;
  told_idle_ = false;
  return StreamElement::Watermark(watermark_);
}

int64_t SourceDriver::next_progress_micros(int64_t now_micros) const {
  if (!source_.event_time || unfinished_.empty()) return INT64_MAX;
  const int64_t next_check = checked_micros_
                                 ? *checked_micros_ + source_.event_time->watermark_interval_micros
                                 : now_micros;
  if (batches_since_check_ > 0) return next_check;
  const int64_t idle_after = source_.event_time->idle_after_micros;
  int64_t next = INT64_MAX;
  if (idle_after > 0) {
    for (uint32_t index : unfinished_) {
      if (splits_[index].held || IsIdle(splits_[index], now_micros)) continue;
      next = std::min(next, splits_[index].last_rows_micros + idle_after);
    }
  }
  return next == INT64_MAX ? next : std::max(next, next_check);
}

const WatermarkAlignment* SourceDriver::alignment() const {
  return source_.event_time && source_.event_time->align ? &*source_.event_time->align : nullptr;
}

void SourceDriver::HoldSplits(int64_t now_micros) {
  is_held_back_ = true;
  for (const uint32_t index : unfinished_) {
    GivenSplit& split = splits_[index];
    const bool held = WatermarkOf(split) > watermark_limit_;
    is_held_back_ &= held;
    if (held == split.held) continue;
    split.held = held;
    split.last_rows_micros = now_micros;
    reader_->SetHeld(index, held);
  }
}

AlignmentReport SourceDriver::ComputeReport(int64_t now_micros) const {
  AlignmentReport report;
  report.is_held_back = is_held_back_ && !unfinished_.empty();
  int64_t least = INT64_MAX;
  for (const uint32_t index : unfinished_) {
    const GivenSplit& split = splits_[index];
    if (IsIdle(split, now_micros)) continue;
    report.counts = true;
    // The reader comes to the others by itself, and to some only when those before are finished.
    if (const int64_t watermark = WatermarkOf(split); watermark != kWatermarkNone) {
      least = std::min(least, watermark);
    }
  }
  if (least != INT64_MAX) report.watermark = least;
  return report;
}

bool SourceDriver::IsUrgent(const AlignmentReport& report) const {
  return report != reported_ && (report.is_held_back || !report.counts);
}

std::optional<AlignmentReport> SourceDriver::TakeReport(int64_t now_micros) {
  if (alignment() == nullptr) return std::nullopt;
  const int64_t since = reported_micros_ ? now_micros - *reported_micros_ : INT64_MAX;
  if (since < kReportMicrosMin) return std::nullopt;
  const AlignmentReport report = ComputeReport(now_micros);
  if (since < alignment()->update_interval_micros && !IsUrgent(report)) return std::nullopt;
  reported_ = report;
  reported_micros_ = now_micros;
  return report;
}

int64_t SourceDriver::next_report_micros(int64_t now_micros) const {
  if (alignment() == nullptr) return INT64_MAX;
  if (!reported_micros_) return now_micros;
  return *reported_micros_ + (IsUrgent(ComputeReport(now_micros))
                                  ? kReportMicrosMin
                                  : alignment()->update_interval_micros);
}

}  // namespace flinkc
