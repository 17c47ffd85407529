// The files of a RowStore in the checkpoint directory, there and back (checkpoint.proto,
// StoreHandle).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/env/storage.h"
#include "runtime/state/local_copies.h"
#include "runtime/state/rocks_backend.h"
#include "runtime/state/row_store.h"

namespace flinkc {

// By the file's name in the store.
using KeptFiles = std::map<std::string, proto::StoreHandle::File>;

struct KeptStore {
  proto::StoreHandle handle;
  std::vector<proto::StoreHandle::File> written;  // of `handle`, those that are new
};

// Gives each file of the cut a name below `directory`, made by `make_path`, and makes that last:
// a link where the file does not change any more and there can be one, a copy else. Files of a
// confirmed checkpoint are referred to. `copies`: copies of all are kept there too. Background
// thread.
Result<KeptStore> KeepStore(const StoreCut& cut, const KeptFiles& confirmed, FileSystem* files,
                            const std::string& directory,
                            const std::function<std::string()>& make_path,
                            LocalCopies* copies = nullptr);

// A store that begins with these files, whose bytes are checked first; with what `copies` has of
// them that is good. kCorrupt, kNotFound.
Result<std::shared_ptr<RowStore>> OpenKeptStore(const std::shared_ptr<RocksBackend>& backend,
                                                const proto::StoreHandle& handle, FileSystem* files,
                                                const std::string& directory, bool read_only,
                                                LocalCopies* copies = nullptr);

}  // namespace flinkc
