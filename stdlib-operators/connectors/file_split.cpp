#include "stdlib-operators/connectors/file_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <functional>

#include "runtime/env/file.h"
#include "runtime/env/file_system.h"
#include "stdlib-operators/formats/csv_dialect.h"
#include "stdlib-operators/formats/csv_scanner.h"

namespace flinkc {

namespace {

constexpr size_t kPieceBytes = 1 << 20;

bool IsHidden(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

Status AddFilesBelow(const std::string& directory, std::vector<std::string>* files) {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(directory));
  for (const FileInfo& entry : entries) {
    if (IsHidden(entry.path)) continue;
    if (entry.kind == FileKind::kDirectory) RETURN_IF_ERROR(AddFilesBelow(entry.path, files));
    if (entry.kind == FileKind::kFile) files->push_back(entry.path);
  }
  return {};
}

// Gives the positions where a file may be cut: the first record start behind each multiple of
// `split_bytes`.
class CutFinder {
 public:
  CutFinder(const ReadableFile& file, int64_t split_bytes)
      : file_(file), split_bytes_(split_bytes) {}

  // Lines of json and text: only the neighbourhood of each cut is read.
  Result<std::vector<int64_t>> AtLineEnds() {
    std::vector<int64_t> cuts;
    std::string piece(64 * 1024, '\0');
    for (int64_t target = split_bytes_; target < file_.size();) {
      ASSIGN_OR_RETURN(const size_t got, file_.ReadAt(target, piece));
      if (got == 0) break;
      const void* found = std::memchr(piece.data(), '\n', got);
      if (found == nullptr) {
        target += static_cast<int64_t>(got);
        continue;
      }
      const int64_t cut = target + (static_cast<const char*>(found) - piece.data()) + 1;
      if (cut >= file_.size()) break;
      cuts.push_back(cut);
      target = std::max(cut, (cut / split_bytes_ + 1) * split_bytes_);
    }
    return cuts;
  }

  // CSV: a line end may stand within quotes, so all quotes before it must be seen.
  Result<std::vector<int64_t>> AtCsvRecords(const CsvDialect& dialect) {
    std::vector<int64_t> cuts;
    std::string piece(kPieceBytes, '\0');
    CsvQuoteScanner scanner(dialect);
    int64_t target = split_bytes_;
    for (int64_t base = 0; base < file_.size();) {
      ASSIGN_OR_RETURN(const size_t got, file_.ReadAt(base, piece));
      if (got == 0) break;
      const std::string_view text(piece.data(), got);
      const int64_t end = base + static_cast<int64_t>(got);
      while (target < end) {
        const auto from = static_cast<size_t>(std::max<int64_t>(target - base, 0));
        const size_t found = scanner.FindRecordStart(text, from);
        if (found == std::string_view::npos) break;
        const int64_t cut = base + static_cast<int64_t>(found);
        if (cut < file_.size()) cuts.push_back(cut);
        target = (cut / split_bytes_ + 1) * split_bytes_;
      }
      scanner.EndPiece(text);
      base = end;
    }
    return cuts;
  }

 private:
  const ReadableFile& file_;
  const int64_t split_bytes_;
};

}  // namespace

std::string EncodeFileSplit(const FileSplit& split) {
  return fmt::format("{}:{}:{}:{}", split.begin, split.end, static_cast<int>(split.compression),
                     split.path);
}

Result<FileSplit> DecodeFileSplit(const std::string& payload) {
  FileSplit split;
  int compression = 0;
  const char* at = payload.data();
  const char* end = at + payload.size();
  const auto number = [&](auto* value) {
    const auto [rest, error] = std::from_chars(at, end, *value);
    if (error != std::errc() || rest == end || *rest != ':') return false;
    at = rest + 1;
    return true;
  };
  if (!number(&split.begin) || !number(&split.end) || !number(&compression) || split.begin < 0 ||
      split.end < split.begin || compression < 0 || compression > 2) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("not a file split: {}", payload));
  }
  split.compression = static_cast<Compression>(compression);
  split.path.assign(at, end);
  return split;
}

Result<std::vector<std::string>> FindInputFiles(const std::string& path) {
  std::vector<std::string> files;
  std::vector<FileInfo> named;
  // A file whose name holds a * is itself before it is a pattern.
  Result<FileInfo> info = GetFileInfo(path);
  if (info) {
    named.push_back(*std::move(info));
  } else if (IsGlob(path)) {
    ASSIGN_OR_RETURN(named, Glob(path));
    if (named.empty()) {
      return MakeError(ErrorCode::kNotFound, fmt::format("no file matches {}", path));
    }
  } else {
    return std::unexpected(std::move(info).error());
  }
  for (const FileInfo& file : named) {
    if (file.kind == FileKind::kDirectory) {
      RETURN_IF_ERROR(AddFilesBelow(file.path, &files));
    } else {
      files.push_back(file.path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<Compression> CompressionOf(const std::string& option, const std::string& path) {
  if (option == "none") return Compression::kNone;
  if (option == "gzip") return Compression::kGzip;
  if (option == "zstd") return Compression::kZstd;
  ASSIGN_OR_RETURN(const ReadableFile file, ReadableFile::Open(path));
  char first[4];
  ASSIGN_OR_RETURN(const size_t got, file.ReadAt(0, first));
  return DetectCompression({first, got});
}

Result<std::vector<Split>> MakeFileSplits(const SourceDescriptor& source, int64_t split_bytes,
                                          const std::string& compression) {
  const std::string path = source.options.contains("path") ? source.options.at("path") : "";
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindInputFiles(path));
  std::vector<Split> splits;
  for (size_t index = 0; index < paths.size(); ++index) {
    ASSIGN_OR_RETURN(const Compression packed, CompressionOf(compression, paths[index]));
    ASSIGN_OR_RETURN(const ReadableFile file, ReadableFile::Open(paths[index]));
    std::vector<int64_t> cuts;
    if (packed == Compression::kNone && file.size() > split_bytes) {
      CutFinder finder(file, split_bytes);
      if (source.format == "csv") {
        ASSIGN_OR_RETURN(const CsvDialect dialect, MakeCsvDialect(source.format_options));
        ASSIGN_OR_RETURN(cuts, finder.AtCsvRecords(dialect));
      } else {
        ASSIGN_OR_RETURN(cuts, finder.AtLineEnds());
      }
    }
    cuts.push_back(file.size());
    int64_t begin = 0;
    for (size_t part = 0; part < cuts.size(); ++part) {
      const FileSplit split{paths[index], begin, cuts[part], packed};
      splits.push_back({fmt::format("{:06}-{:06}", index, part), EncodeFileSplit(split),
                        split.end - split.begin});
      begin = split.end;
    }
  }
  return splits;
}

}  // namespace flinkc
