// Paths into JSON, as Flink takes them: [lax|strict] $.name['name'][0][-1][1, 2][1:3][*].*..name
//
// In strict mode, which is the default, a document that is no JSON and a path that leads nowhere
// are errors; in lax mode they are empty. A path with one of the last five steps may lead to
// several places: it gives their array, which may be empty, and never fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flinkc {

class JsonPath {
 public:
  // nullopt: `text` is no path; `problem` says why.
  static std::optional<JsonPath> Parse(std::string_view text, std::string* problem);

  bool is_lax() const { return lax_; }
  // Whether it leads to at most one place.
  bool is_definite() const { return definite_; }
  // Where it leads to from the root of a document (ReadJson), in the document's order.
  std::vector<std::string_view> Find(std::string_view root) const;

 private:
  enum class StepKind : uint8_t { kMember, kIndexes, kSlice, kAll };

  struct Step {
    StepKind kind = StepKind::kAll;
    bool everywhere = false;  // written with `..`: from each value below as well
    std::string name;
    std::vector<int64_t> indexes;  // of a slice: from, to
  };
  class Parser;

  static void Take(const Step& step, std::string_view value, std::vector<std::string_view>* found);

  bool lax_ = false;
  bool definite_ = true;
  std::vector<Step> steps_;
};

}  // namespace flinkc
