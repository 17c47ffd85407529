// A golden job: one `.job` file holds a spec, its input files, and what must come of it, in
// sections that begin with a line `--- name`. Only the sections that are there are checked:
//
//   --- spec                 the YAML; `${dir}` is where the files below lie
//   --- file NAME            an input
//   --- diagnostics          what the compiler says, as text; `fail_*.job` has errors here
//   --- logical-plan, optimized-plan
//   --- hot-calls            the calls left in the hot paths of `plan --level llvm-opt`: cold
//   blocks
//                            and llvm.* excepted
//   --- output SINK          the sink's rows as JSON lines, changelog rows with their kind
//   --- table SINK           what is there in the end of the rows of a retract stream, sorted: for
//   jobs
//                            whose changelog depends on which input comes first
//   --- error                what a job that fails while running ends with
#pragma once

#include <string>
#include <vector>

namespace flinkc {

struct JobCase {
  struct Section {
    std::string name;
    std::string text;
  };

  std::string path;
  std::string heading;  // comments before the first section
  std::vector<Section> sections;

  static JobCase Read(const std::string& path);
  // nullptr: there is no such section.
  const std::string* Find(const std::string& name) const;
  void Set(const std::string& name, std::string text);
  void Write() const;
};

// All `.job` files below tests/golden, sorted.
std::vector<std::string> AllJobCases();

}  // namespace flinkc
