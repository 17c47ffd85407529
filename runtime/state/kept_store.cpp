#include "runtime/state/kept_store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <memory>
#include <optional>
#include <utility>

#include "runtime/base/failpoint.h"

namespace flinkc {

namespace {

constexpr size_t kReadBytes = size_t{1} << 20;

struct HashState {
  XXH3_state_t* const state = XXH3_createState();
  HashState() { XXH3_64bits_reset(state); }
  ~HashState() { XXH3_freeState(state); }
  HashState(const HashState&) = delete;
  HashState& operator=(const HashState&) = delete;
};

// Reads the file to its end: its checksum, its length, and what it holds for `take`.
Status ReadAll(const FileReader& reader, uint64_t* length, uint64_t* checksum,
               const std::function<Status(std::string_view)>& take) {
  HashState hash;
  std::string buffer(kReadBytes, '\0');
  *length = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t read, reader.ReadAt(static_cast<int64_t>(*length), buffer));
    if (read == 0) break;
    XXH3_64bits_update(hash.state, buffer.data(), read);
    *length += read;
    if (take) RETURN_IF_ERROR(take({buffer.data(), read}));
  }
  *checksum = XXH3_64bits_digest(hash.state);
  return {};
}

Status ReadAll(FileSystem& files, const std::string& path, uint64_t* length, uint64_t* checksum,
               const std::function<Status(std::string_view)>& take) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FileReader> reader, files.Open(path));
  return ReadAll(*reader, length, checksum, take);
}

// `path` names the file in the error.
Status CheckFile(const proto::StoreHandle::File& file, const std::string& path,
                 const FileReader& reader) {
  uint64_t length = 0, checksum = 0;
  RETURN_IF_ERROR(ReadAll(reader, &length, &checksum, nullptr));
  if (length == file.length() && checksum == file.checksum()) return {};
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("{}: its {} bytes do not match their checksum", path, length));
}

// Where the copy of the file is, if there is a good one.
std::optional<std::string> FindCopy(const proto::StoreHandle::File& file, LocalCopies& copies) {
  const std::optional<LocalCopies::Copy> copy = copies.Open(file.file());
  if (!copy) return std::nullopt;
  if (const Status checked = CheckFile(file, copy->path, *copy->reader); !checked) {
    copies.Discard(file.file(), checked.error());
    return std::nullopt;
  }
  copies.CountRead();
  return copy->path;
}

// The file of the store, which is on this machine, under another name of its own.
Status KeepFile(FileSystem& files, const StoreFile& from, const std::string& to,
                proto::StoreHandle::File* kept) {
  uint64_t length = 0, checksum = 0;
  bool linked = false;
  if (from.immutable) linked = files.Link(from.path, to).has_value();
  if (linked) {
    RETURN_IF_ERROR(ReadAll(files, to, &length, &checksum, nullptr));
  } else {
    ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> writer, files.Create(to));
    LocalFileSystem own;
    RETURN_IF_ERROR(ReadAll(own, from.path, &length, &checksum,
                            [&](std::string_view bytes) { return writer->Append(bytes); }));
    RETURN_IF_ERROR(writer->Sync());
    RETURN_IF_ERROR(writer->Close());
  }
  kept->set_length(length);
  kept->set_checksum(checksum);
  return {};
}

}  // namespace

Result<KeptStore> KeepStore(const StoreCut& cut, const KeptFiles& confirmed, FileSystem* files,
                            const std::string& directory,
                            const std::function<std::string()>& make_path, LocalCopies* copies) {
  KeptStore kept;
  std::string parent = directory;
  for (const StoreFile& file : cut.files()) {
    proto::StoreHandle::File& entry = *kept.handle.add_files();
    const auto known = confirmed.find(file.name);
    if (file.immutable && known != confirmed.end()) {
      entry = known->second;
    } else {
      entry.set_name(file.name);
      entry.set_file(make_path());
      const std::string to = directory + "/" + entry.file();
      parent = to.substr(0, to.rfind('/'));
      RETURN_IF_ERROR(KeepFile(*files, file, to, &entry));
      RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.chunk"));
      kept.written.push_back(entry);
    }
    if (copies != nullptr) copies->Add(file.path, entry.file(), file.immutable);
  }
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.before_sync"));
  RETURN_IF_ERROR(files->SyncDirectory(parent));
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.after_sync"));
  return kept;
}

Result<std::shared_ptr<RowStore>> OpenKeptStore(const std::shared_ptr<RocksBackend>& backend,
                                                const proto::StoreHandle& handle, FileSystem* files,
                                                const std::string& directory, bool read_only,
                                                LocalCopies* copies) {
  std::vector<RocksBackend::GivenFile> given;
  std::vector<std::string> copied;
  for (const proto::StoreHandle::File& file : handle.files()) {
    std::optional<std::string> path;
    if (copies != nullptr) path = FindCopy(file, *copies);
    if (!path) {
      path = directory + "/" + file.file();
      ASSIGN_OR_RETURN(const std::unique_ptr<FileReader> reader, files->Open(*path));
      RETURN_IF_ERROR(CheckFile(file, *path, *reader));
    } else {
      copied.push_back(file.file());
    }
    given.push_back({file.name(), *path});
  }
  Result<std::shared_ptr<RowStore>> store = RocksBackend::OpenStore(backend, given, read_only);
  if (store || copied.empty()) return store;
  // Whatever has come to the copies since they were checked: the checkpoint's own files are there.
  for (const std::string& file : copied) copies->Discard(file, store.error());
  return OpenKeptStore(backend, handle, files, directory, read_only, nullptr);
}

}  // namespace flinkc
