#include "tests/exec/job_case.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace flinkc {

namespace {
constexpr std::string_view kMark = "--- ";
}

JobCase JobCase::Read(const std::string& path) {
  JobCase job;
  job.path = path;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(kMark)) {
      job.sections.push_back({line.substr(kMark.size()), ""});
    } else {
      (job.sections.empty() ? job.heading : job.sections.back().text) += line + "\n";
    }
  }
  return job;
}

const std::string* JobCase::Find(const std::string& name) const {
  const auto section = std::ranges::find(sections, name, &Section::name);
  return section == sections.end() ? nullptr : &section->text;
}

void JobCase::Set(const std::string& name, std::string text) {
  std::ranges::find(sections, name, &Section::name)->text = std::move(text);
}

void JobCase::Write() const {
  std::ofstream file(path);
  file << heading;
  for (const Section& section : sections) file << kMark << section.name << "\n" << section.text;
}

std::vector<std::string> AllJobCases() {
  std::vector<std::string> paths;
  const std::string root = FLINKC_SOURCE_DIR "/tests/golden";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".job") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace flinkc
