#include "runtime/rest/metrics_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/rest/metric_numbers.h"

namespace flinkc {

namespace {

constexpr std::string_view kWatermark = "currentInputWatermark";

// What stands between commas: "a,b".
std::set<std::string, std::less<>> ListIn(const RestCall& call, const char* parameter) {
  std::set<std::string, std::less<>> items;
  const auto given = call.query.find(parameter);
  if (given == call.query.end()) return items;
  std::string_view text = given->second;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    if (end != 0) items.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

// The names that there are, or with `?get=` those asked for, with their values as Flink writes
// them: in quotes.
class NamedValues {
 public:
  explicit NamedValues(const RestCall& call)
      : wants_values_(call.query.contains("get")), wanted_(ListIn(call, "get")) {}

  void Add(const std::string& id, const std::string& value) {
    if (!wants_values_) {
      list_.push_back({{"id", id}});
    } else if (wanted_.contains(id)) {
      list_.push_back({{"id", id}, {"value", value}});
    }
  }
  void Add(const MetricNumbers& numbers, const std::string& prefix = "") {
    for (const MetricNumber& number : numbers) {
      Add(prefix + number.name, std::to_string(number.value));
    }
  }
  HttpResponse Answer() const { return JsonResponse(list_); }

 private:
  const bool wants_values_;
  const std::set<std::string, std::less<>> wanted_;
  Json list_ = Json::array();
};

// How uneven the values are, as Flink has it: their mean distance from the average, in percent of
// it, at most 100.
double SkewOf(const std::vector<double>& values, double average) {
  if (average == 0) return 0;
  double distance = 0;
  for (const double value : values) distance += std::abs(value - average);
  return std::min(100.0, 100 * distance / static_cast<double>(values.size()) / std::abs(average));
}

constexpr std::string_view kAggregates[] = {"min", "max", "sum", "avg", "skew"};

// The same numbers of several: their names, or with `?get=` what `?agg=` wants of them, all of
// `kAggregates` unless given.
HttpResponse Aggregate(const RestCall& call, const std::vector<MetricNumbers>& all) {
  const auto wanted = ListIn(call, "get");
  const auto aggregates = ListIn(call, "agg");
  for (const std::string& aggregate : aggregates) {
    if (std::ranges::find(kAggregates, aggregate) != std::end(kAggregates)) continue;
    return HttpResponse::Failure(
        400, fmt::format("`agg` has no `{}`; there are: {}", aggregate,
                         fmt::join(std::begin(kAggregates), std::end(kAggregates), ", ")));
  }
  Json list = Json::array();
  for (size_t i = 0; !all.empty() && i < all.front().size(); ++i) {
    Json entry = {{"id", all.front()[i].name}};
    if (call.query.contains("get")) {
      if (!wanted.contains(all.front()[i].name)) continue;
      std::vector<double> values;
      for (const MetricNumbers& numbers : all) {
        values.push_back(static_cast<double>(numbers[i].value));
      }
      const double sum = std::accumulate(values.begin(), values.end(), 0.0);
      const double average = sum / static_cast<double>(values.size());
      const auto [least, most] = std::ranges::minmax(values);
      for (const auto& [name, value] : {std::pair<std::string_view, double>{"min", least},
                                        {"max", most},
                                        {"sum", sum},
                                        {"avg", average},
                                        {"skew", SkewOf(values, average)}}) {
        if (aggregates.empty() || aggregates.contains(name)) entry[std::string(name)] = value;
      }
    }
    list.push_back(std::move(entry));
  }
  return JsonResponse(list);
}

HttpResponse GetPrometheus(const RestCall& call) {
  const auto cluster = DescribeWithDetails(call);
  if (!cluster) return FailureOf(cluster.error());
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = PrintPrometheus(ClusterMetricsOf(*cluster, call.context->ReadUsage()));
  return response;
}

HttpResponse GetJobManagerMetrics(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  NamedValues values(call);
  values.Add(NumbersOf(*cluster, call.context->ReadUsage()));
  return values.Answer();
}

HttpResponse GetJobMetrics(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  NamedValues values(call);
  values.Add(NumbersOf(*job));
  const protocol::CheckpointsDescription& all = job->checkpoints();
  values.Add("lastCheckpointExternalPath",
             all.has_latest_completed() ? all.latest_completed().external_path() : "n/a");
  return values.Answer();
}

HttpResponse GetAllJobsMetrics(const RestCall& call) {
  const auto cluster = DescribeWithDetails(call);
  if (!cluster) return FailureOf(cluster.error());
  const auto wanted = ListIn(call, "jobs");
  std::vector<MetricNumbers> all;
  for (const protocol::JobDescription& job : cluster->jobs()) {
    if (wanted.empty() || wanted.contains(job.job_id())) all.push_back(NumbersOf(job));
  }
  return Aggregate(call, all);
}

HttpResponse GetVertexMetrics(const RestCall& call) {
  const auto vertex = DescribeVertexOf(call);
  if (!vertex) return FailureOf(vertex.error());
  NamedValues values(call);
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    values.Add(NumbersOf(vertex->tasks(i)), fmt::format("{}.", i));
  }
  return values.Answer();
}

HttpResponse GetWatermarks(const RestCall& call) {
  const auto vertex = DescribeVertexOf(call);
  if (!vertex) return FailureOf(vertex.error());
  Json list = Json::array();
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    for (const MetricNumber& number : NumbersOf(vertex->tasks(i))) {
      if (number.name != kWatermark) continue;
      list.push_back(
          {{"id", fmt::format("{}.{}", i, kWatermark)}, {"value", std::to_string(number.value)}});
    }
  }
  return JsonResponse(list);
}

// "0-3,5": nothing if that is none.
std::optional<std::set<uint32_t>> IndexesIn(const RestCall& call, const char* parameter) {
  std::set<uint32_t> indexes;
  for (const std::string& item : ListIn(call, parameter)) {
    uint32_t first = 0;
    const char* const end = item.data() + item.size();
    const auto [rest, error] = std::from_chars(item.data(), end, first);
    uint32_t last = first;
    if (error != std::errc()) return std::nullopt;
    if (rest != end) {
      const auto [rest_of_last, error_of_last] = std::from_chars(rest + 1, end, last);
      if (*rest != '-' || error_of_last != std::errc() || rest_of_last != end) return std::nullopt;
    }
    // No vertex is wider.
    for (uint32_t i = first; i <= std::min<uint32_t>(last, 1 << 15); ++i) indexes.insert(i);
  }
  return indexes;
}

HttpResponse GetSubtasksMetrics(const RestCall& call) {
  const auto wanted = IndexesIn(call, "subtasks");
  if (!wanted) {
    return HttpResponse::Failure(400, "`subtasks` must be numbers and ranges of them: 0-3,5");
  }
  const auto vertex = DescribeVertexOf(call);
  if (!vertex) return FailureOf(vertex.error());
  std::vector<MetricNumbers> all;
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    if (wanted->empty() || wanted->contains(static_cast<uint32_t>(i))) {
      all.push_back(NumbersOf(vertex->tasks(i)));
    }
  }
  return Aggregate(call, all);
}

HttpResponse GetSubtaskMetrics(const RestCall& call) {
  const auto vertex = DescribeVertexOf(call);
  if (!vertex) return FailureOf(vertex.error());
  const Result<int> index = SubtaskOf(call, *vertex);
  if (!index) return FailureOf(index.error());
  NamedValues values(call);
  values.Add(NumbersOf(vertex->tasks(*index)));
  return values.Answer();
}

HttpResponse GetTaskManagerMetrics(const RestCall& call) {
  const auto task_manager = DescribeTaskManagerOf(call);
  if (!task_manager) return FailureOf(task_manager.error());
  NamedValues values(call);
  values.Add(NumbersOf(*task_manager));
  return values.Answer();
}

HttpResponse GetAllTaskManagersMetrics(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  const auto wanted = ListIn(call, "taskmanagers");
  std::vector<MetricNumbers> all;
  for (const protocol::TaskManagerDescription& one : cluster->task_manager_list()) {
    if (wanted.empty() || wanted.contains(one.id())) all.push_back(NumbersOf(one));
  }
  return Aggregate(call, all);
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/metrics", GetPrometheus},
    {HttpMethod::kGet, "/jobmanager/metrics", GetJobManagerMetrics},
    {HttpMethod::kGet, "/jobs/metrics", GetAllJobsMetrics},
    {HttpMethod::kGet, "/jobs/:jobid/metrics", GetJobMetrics},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/metrics", GetVertexMetrics},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/watermarks", GetWatermarks},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/subtasks/metrics", GetSubtasksMetrics},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/metrics",
     GetSubtaskMetrics},
    {HttpMethod::kGet, "/taskmanagers/metrics", GetAllTaskManagersMetrics},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid/metrics", GetTaskManagerMetrics},
};

}  // namespace

std::span<const RestRoute> MetricsRoutes() { return kRoutes; }

}  // namespace flinkc
