// What one subtask hands to the generated code of its chain. Plain memory, freestanding; made and
// owned by runtime/task, its offsets are known to compiler/lower.
#pragma once

#include <cstdint>

#include "runtime/abi/batch_layout.h"
#include "runtime/abi/fold_slots.h"
#include "runtime/abi/kernel_context.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/abi/local_slots.h"

namespace flinkc {

// One output of a pipeline. The bytes of its views stand in the arenas of the input batch, in the
// output arena (AllocateBytes) or in constants of the chain; what came from a state table is copied
// to the output arena first, since tables are reused. A row is written at channels[c]->row_count of
// the open builder of channel c; the loop calls flinkc_rt_flush_channel when that builder is full.
struct OutputPort {
  BatchLayout** channels;
  uint32_t channel_count;
  uint32_t max_parallelism;
  FoldSlots* fold;    // of the only channel; nullptr: rows are not folded
  LocalSlots* local;  // of a local aggregate; nullptr: the rows are not those of one
};

// The slice of a window that the last row went to, so that most rows need a few comparisons: a row
// goes to `table` without flinkc_rt_select_slice if slice_begin <= event_time < slice_end and the
// watermark before it is below late_watermark.
struct SliceCursor {
  int64_t slice_begin;  // microseconds, inclusive
  int64_t slice_end;    // exclusive
  // A row of this slice is late for none of its windows while its split's watermark is below this.
  int64_t late_watermark;
  KeyedTable* table;  // of the rows late for none of their windows
};

// One stateful operator of the chain.
struct ChainState {
  KeyedTable* table;  // without a window, and of sessions: all keys
  SliceCursor slice;  // with a window; empty (begin == end) until the first row
  int64_t watermark;  // of sessions: those closed at it are, whatever a row's split says
};

// Progress of event time of the split that the current batch comes from.
struct SplitProgress {
  int64_t max_event_time;  // microseconds; INT64_MIN before the first row
};

struct ChainContext {
  KernelContext kernel;  // must stay first: kernels take a pointer to it
  // By ChainLayout::ports, then by ChainLayout::taps: a probe has one channel while it is open, and
  // none else. Only probed code writes to those.
  OutputPort* ports;
  ChainState* states;
  SplitProgress* split;  // of the batch that is being read; sources only
  int64_t window_begin;  // of the window that is being emitted, or was selected last
  int64_t window_end;
  // Set by runtime calls when an output has no more room: the loop ends after the current row.
  uint32_t blocked;
  uint32_t reserved;
  // One counter for each entry of ChainLayout::counters.
  uint64_t* counters;
};

// What a pipeline returns: the next row to process (== the number of rows when done) or kFailed;
// then the failure was told by flinkc_rt_report_error.
constexpr int64_t kPipelineFailed = -1;

// Of flinkc_rt_begin_sessions: the row is added, not taken back; rows that are replaced are told.
constexpr int32_t kRowComes = 1;
constexpr int32_t kOldRowsLeave = 2;

// What generated code does after flinkc_rt_report_error.
enum class ErrorAction : int32_t { kFail = 0, kSkipRow = 1, kUseNull = 2 };

extern "C" {
// The runtime calls of pipelines. All are implemented by runtime/task.

// Hands the full (or last) batch of a channel on and puts a fresh builder in its place; may set
// context->blocked.
void flinkc_rt_flush_channel(ChainContext* context, uint32_t port, uint32_t channel);
// Tells that row `row` of the current input failed in step `step` (ChainLayout::steps), at output
// column `column` (-1: none). The answer follows the step's on_error; an ErrorAction.
int32_t flinkc_rt_report_error(ChainContext* context, uint32_t step, int32_t status, int32_t column,
                               int64_t row);
// The table of the slice that `event_time` falls in, for a row whose split stood at `watermark`
// before it; sets states[state].slice when the row is late for none of its windows. nullptr: the
// row is late for all its windows, or the memory limit is reached: *status is kOk or kMemoryLimit.
KeyedTable* flinkc_rt_select_slice(ChainContext* context, uint32_t state, int64_t event_time,
                                   int64_t watermark, int32_t* status);
// Of updating windows: the table of the n-th window that the row counts for, in order; sets
// window_begin and window_end. nullptr: there is none; with n == 0 the row is late. *emits: 1 if
// what the row changes is to be emitted at once.
KeyedTable* flinkc_rt_select_window(ChainContext* context, uint32_t state, int64_t event_time,
                                    int64_t watermark, int64_t n, int32_t* emits);
// The row of a table of sessions (session_row.h) to accumulate a row into whose time is `time` and
// whose split stood at `watermark` before it. `key` is that of the key's head, and `probed` what
// FindOrInsert said of it. nullptr: the row is late, or *status says what failed.
char* flinkc_rt_select_session(ChainContext* context, uint32_t state, uint64_t hash,
                               const char* key, int32_t probed, int64_t time, int64_t watermark,
                               int32_t* status);
// Of sessions that change (session_row.h): begins with a row whose time is `time` and whose split
// stood at `watermark` before it; `flags`: kRowComes, kOldRowsLeave. Then flinkc_rt_next_session
// gives, one after the other, the sessions that leave as they were, the one to update, and those
// that leave as they are; each is void when the next one is asked for. nullptr: there is no other,
// *step (a SessionStep) says why.
void flinkc_rt_begin_sessions(ChainContext* context, uint32_t state, uint64_t hash, const char* key,
                              int64_t time, int64_t watermark, int32_t flags);
char* flinkc_rt_next_session(ChainContext* context, uint32_t state, int8_t* step);
}

}  // namespace flinkc
