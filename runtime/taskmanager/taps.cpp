#include "runtime/taskmanager/taps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace flinkc {

namespace {

// A tap of one vertex that has rows of a stream, by one of its views.
struct Place {
  uint32_t vertex = 0;
  uint32_t tap = 0;
  const TapView* view = nullptr;
};

std::vector<Place> PlacesOf(const TappedJob& job, const std::string& stream) {
  std::vector<Place> places;
  for (uint32_t vertex = 0; vertex < job.chains.size(); ++vertex) {
    const std::vector<TapLayout>& taps = job.chains[vertex]->layout().taps;
    for (uint32_t tap = 0; tap < taps.size(); ++tap) {
      for (const TapView& view : taps[tap].views) {
        if (std::ranges::find(view.names, stream) == view.names.end()) continue;
        places.push_back({vertex, tap, &view});
      }
    }
  }
  return places;
}

void AddTo(protocol::StreamList::Stream* stream, const TapLayout& tap, const TapView& view,
           uint32_t vertex) {
  if (stream->columns().empty()) {
    for (const Field& field : view.schema) {
      protocol::StreamList::Column& column = *stream->add_columns();
      column.set_name(field.name);
      column.set_type(field.type.ToString());
    }
    stream->set_updates(tap.row_kinds);
  }
  const auto& vertices = stream->vertices();
  if (std::ranges::find(vertices, vertex) == vertices.end()) stream->add_vertices(vertex);
}

Status CheckRequest(const protocol::TapRequest& request, const TappedJob& job) {
  const auto refuse = [](std::string what) {
    return MakeError(ErrorCode::kInvalidArgument, std::move(what));
  };
  if (request.rows_per_second() == 0 || request.rows_per_second() > kTapRowsPerSecondMax) {
    return refuse(fmt::format("a tap shows 1 to {} rows a second of each task, not {}",
                              kTapRowsPerSecondMax, request.rows_per_second()));
  }
  if (request.filter().size() > kTapFilterBytesMax)
    return refuse("the filter of a tap is too large");
  if (!protocol::TapRequest::Format_IsValid(request.format())) {
    return refuse("a tap has no such format");
  }
  if (!PlacesOf(job, request.stream()).empty()) return {};
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("the job has no stream `{}` to look at", request.stream()));
}

// What is done behind a tap that begins: it may compile, which takes a while.
class TapStart {
 public:
  TapStart(std::shared_ptr<TapSession> session, TappedJob job, ChainLoader* loader,
           MemoryPool* memory)
      : session_(std::move(session)), job_(std::move(job)), loader_(loader), memory_(memory) {}

  Status Run() {
    for (const Place& place : PlacesOf(job_, session_->request().stream())) {
      if (session_->is_closed()) return {};
      const std::shared_ptr<const CompiledChain>& chain = job_.chains[place.vertex];
      const TapLayout& tap = chain->layout().taps[place.tap];
      SubtaskView view{0, place.view->schema, tap.row_kinds, {}};
      if (!place.view->chain_plan.empty()) {
        RETURN_IF_ERROR(Load(place.view->chain_plan, tap.schema, &view));
      }
      if (!session_->request().filter().empty()) {
        RETURN_IF_ERROR(Load(session_->request().filter(), view.schema, &view));
      }
      // There as long as the chain, which may be another than that of a task.
      std::shared_ptr<const CompiledChain> probed;
      if (!tap.port) {
        ASSIGN_OR_RETURN(const CompiledChain* const code, chain->Probed());
        probed = {chain, code};
      }
      for (const TappedJob::Task& task : job_.tasks) {
        if (task.vertex != place.vertex) continue;
        view.subtask = task.subtask;
        task.worker->Post([session = session_, memory = memory_, task = task.task, tap = place.tap,
                           probed, view](Worker&) {
          if (session->is_closed()) return;
          task->AddTap(tap, probed, MakeSubtaskTap(session, view, memory));
        });
      }
    }
    return {};
  }

 private:
  // One more chain, from rows of `from` to those of the view.
  Status Load(const std::string& plan, const Schema& from, SubtaskView* view) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledChain> chain, loader_->Load(plan));
    RETURN_IF_ERROR(CheckView(chain->layout(), from, view->schema, view->row_kinds));
    view->chains.push_back(chain);
    return {};
  }

  const std::shared_ptr<TapSession> session_;
  const TappedJob job_;
  ChainLoader* const loader_;
  MemoryPool* const memory_;
};

}  // namespace

Taps::~Taps() {
  for (auto& [id, tap] : taps_) tap.session->Close();
}

protocol::StreamList Taps::ListStreams(const TappedJob& job) {
  std::map<std::string, protocol::StreamList::Stream> streams;
  for (uint32_t vertex = 0; vertex < job.chains.size(); ++vertex) {
    for (const TapLayout& tap : job.chains[vertex]->layout().taps) {
      for (const TapView& view : tap.views) {
        for (const std::string& name : view.names) AddTo(&streams[name], tap, view, vertex);
      }
    }
  }
  for (const auto& chain : job.chains) {
    for (const UntappedStream& untapped : chain->layout().untapped) {
      protocol::StreamList::Stream& stream = streams[untapped.name];
      if (stream.vertices().empty()) stream.set_unavailable(untapped.reason);
    }
  }
  protocol::StreamList list;
  for (auto& [name, stream] : streams) {
    stream.set_name(name);
    *list.add_streams() = std::move(stream);
  }
  return list;
}

Result<protocol::TapRows> Taps::Read(const protocol::ReadTap& read, const TappedJob* job,
                                     int64_t now_micros) {
  protocol::TapRows rows;
  if (read.close()) {
    const auto tap = taps_.find(read.tap_id());
    if (tap == taps_.end()) return rows;
    tap->second.session->Close();
    taps_.erase(tap);
    return rows;
  }
  ASSIGN_OR_RETURN(Tap* const tap, Find(read, job, now_micros));
  tap->asked_micros = now_micros;
  if (job != nullptr) Begin(*job, tap);
  if (std::optional<Error> error = tap->session->Take(&rows)) {
    return std::unexpected(*std::move(error));
  }
  return rows;
}

Result<Taps::Tap*> Taps::Find(const protocol::ReadTap& read, const TappedJob* job,
                              int64_t now_micros) {
  if (const auto found = taps_.find(read.tap_id()); found != taps_.end()) {
    if (found->second.job_id == read.job_id()) return &found->second;
    return MakeError(ErrorCode::kAlreadyExists, "another job's tap has this id");
  }
  if (job == nullptr) {
    return MakeError(ErrorCode::kUnavailable, "no task of the job runs here at present");
  }
  RETURN_IF_ERROR(CheckRequest(read.request(), *job));
  if (taps_.size() >= kTapsMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} taps are open already; close some of them", taps_.size()));
  }
  Tap& tap = taps_[read.tap_id()];
  tap.session = std::make_shared<TapSession>(read.request());
  tap.job_id = read.job_id();
  tap.asked_micros = now_micros;
  return &tap;
}

void Taps::Begin(const TappedJob& job, Tap* tap) {
  TappedJob started{job.chains, {}};
  for (const TappedJob::Task& task : job.tasks) {
    std::weak_ptr<Subtask>& known = tap->tasks[{task.vertex, task.subtask}];
    if (known.lock() == task.task) continue;
    known = task.task;
    started.tasks.push_back(task);
  }
  // What is wrong with a tap is told also where no task runs any more.
  if (std::exchange(tap->has_begun, true) && started.tasks.empty()) return;
  background_->Run(
      [session = tap->session,
       start = std::make_shared<TapStart>(tap->session, std::move(started), loader_, memory_)] {
        if (Status begun = start->Run(); !begun) session->Fail(std::move(begun).error());
      });
}

void Taps::OnTimer(int64_t now_micros) {
  std::erase_if(taps_, [&](const auto& entry) {
    const Tap& tap = entry.second;
    if (now_micros - tap.asked_micros <= kLeaseMicros) return false;
    tap.session->Close();
    return true;
  });
}

}  // namespace flinkc
