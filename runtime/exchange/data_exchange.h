// How a TaskManager's channels reach its peers. Behind it: connections (runtime/net), or a test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/exchange/parking.h"
#include "runtime/exchange/remote_receiver.h"
#include "runtime/exchange/remote_sender.h"

namespace flinkc {

// The channels of one attempt of a region that lead to or come from one peer.
struct PeerChannels {
  std::string peer;          // its id
  std::string data_address;  // where it listens
  std::vector<RemoteSenderDescriptor> senders;
  std::vector<RemoteReceiverDescriptor> receivers;
};

// Thread-safe.
class DataExchange {
 public:
  virtual ~DataExchange() = default;

  // Of the thread that moves the elements: the far side of each local channel.
  virtual std::shared_ptr<Parking> parking() = 0;
  // The channels of an attempt work from now on; connections are made as they are needed. `region`
  // names what fails and is removed together: a job's, in no other job.
  // `on_failure`, any thread, perhaps several times: one of them is lost, and the attempt with it.
  virtual void Add(const std::string& region, uint32_t attempt, std::vector<PeerChannels> peers,
                   std::function<void(const Error&)> on_failure) = 0;
  // The channels of this attempt and those before it are gone when this has returned.
  virtual void Remove(const std::string& region, uint32_t attempt) = 0;
  // From now on each side tells the other so often that it is there, and takes one of which nothing
  // has come for the timeout for gone. One without connections of its own has nobody to watch.
  virtual void WatchPeers(int64_t /*interval_micros*/, int64_t /*timeout_micros*/) {}
};

}  // namespace flinkc
