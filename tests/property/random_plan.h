// A random plan over random data: a spec, its input files, and what each of its sinks must get,
// which a plain evaluation over vectors has computed while the plan was drawn.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/property/chance.h"
#include "tests/property/random_stream.h"

namespace flinkc::property {

struct RandomPlan {
  struct File {
    std::string name;
    std::string text;
  };
  struct Sink {
    std::string name;
    std::vector<std::string> rows;  // JSON
  };

  std::vector<File> files;
  std::string spec;  // `${dir}` is where the files lie
  std::vector<Sink> sinks;
  int parallelism = 1;
  std::string backend;
  std::string agg_phases;  // table.optimizer.agg-phase-strategy

  // As a golden job that can be pasted into tests/golden.
  std::string AsGoldenJob() const;
};

RandomPlan DrawPlan(Chance& chance);

// What operators add streams to.
class PlanBuilder {
 public:
  // Some stream for which `fits` holds, or nullptr.
  const RandomStream* DrawStream(Chance& chance,
                                 const std::function<bool(const RandomStream&)>& fits);
  // `s1`, `s2`, …; `c1`, `c2`, … for columns.
  std::string NewStreamName();
  std::string NewColumnName();

  // The line of a stream: `from: …` and its operator.
  void AddStream(const std::string& name, const std::string& line);
  // What comes of it; also of `name.late` and the like, which must go somewhere.
  void AddOutput(RandomStream stream);

  // Streams from which nothing reads yet get a sink.
  const std::vector<RandomStream>& streams() const { return streams_; }
  bool IsRead(const std::string& name) const;
  void MarkRead(const std::string& name);
  const std::string& lines() const { return lines_; }

 private:
  std::vector<RandomStream> streams_;
  std::vector<std::string> read_;
  std::string lines_;
  int stream_number_ = 0;
  int column_number_ = 0;
};

}  // namespace flinkc::property
