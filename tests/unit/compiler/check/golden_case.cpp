#include "tests/unit/compiler/check/golden_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {

namespace {

constexpr std::string_view kOrders = "# orders\n";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Section {
  std::string name;
  std::string expected;
};

struct GoldenFile {
  std::string spec;
  std::vector<Section> sections;
};

GoldenFile Split(const std::string& text) {
  GoldenFile file;
  std::istringstream lines(text);
  std::string line;
  std::string* into = &file.spec;
  while (std::getline(lines, line)) {
    if (line.starts_with("--- ")) {
      file.sections.push_back({line.substr(4), ""});
      into = &file.sections.back().expected;
    } else {
      *into += line + "\n";
    }
  }
  return file;
}

}  // namespace

std::vector<std::string> GoldenFiles(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(FLINKC_SOURCE_DIR) + "/" + folder)) {
    paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

void CheckGolden(const std::string& path,
                 const std::function<std::string(const GoldenCase&, const std::string&)>& make) {
  GoldenFile file = Split(ReadFile(path));
  GoldenCase golden{std::filesystem::path(path).stem().string(), file.spec};
  if (golden.spec.starts_with(kOrders)) {
    golden.spec = WithOrders(std::string_view(golden.spec).substr(kOrders.size()));
  }
  EXPECT_FALSE(file.sections.empty()) << path << " expects nothing";
  bool update = std::getenv("FLINKC_UPDATE_GOLDEN") != nullptr;
  std::string updated = file.spec;
  for (const Section& section : file.sections) {
    std::string actual = make(golden, section.name);
    if (!actual.empty() && actual.back() != '\n') actual += "\n";
    if (!update) EXPECT_EQ(actual, section.expected) << path << ", section " << section.name;
    updated += "--- " + section.name + "\n" + actual;
  }
  if (update) std::ofstream(path, std::ios::binary) << updated;
}

std::string WithoutSchemas(const std::string& printed) {
  std::string shape;
  std::istringstream lines(printed);
  std::string line;
  while (std::getline(lines, line)) {
    if (size_t schema = line.find(" -> ("); schema != std::string::npos) line.resize(schema);
    shape += line + "\n";
  }
  return shape;
}

}  // namespace flinkc
