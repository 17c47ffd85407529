// What lies between the processes of a simulated cluster: the connections between the JobManager
// and each TaskManager, and those between TaskManagers that carry rows. Connections break, parts of
// the network are cut off from others, and each side learns of it in its own time, as with TCP:
// what was sent into a cut waits, and of an end that is gone one hears when the cut is mended, if
// one has not given up before.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/simulation/chance.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/trace.h"

namespace flinkc {

class SimulatedExchange;

class Network final : public LoopNetwork, private LoopActor {
 public:
  static constexpr char kJobManager[] = "jobmanager";

  // All must outlive it.
  Network(EventLoop* loop, Chance* chance, Trace* trace);
  ~Network() override;

  // A process is there, or has come again; it will be connected.
  void Add(const LoopProcess* process);
  // It has died. `process` may go then.
  void OnKilled(const LoopProcess* process);
  // The exchange of a TaskManager, until it goes.
  void Add(const std::string& id, SimulatedExchange* exchange);
  void Remove(const std::string& id);

  // What goes wrong. Of two processes, in whatever order.
  void Cut(const std::string& a, const std::string& b);
  void Mend(const std::string& a, const std::string& b);
  void MendAll();
  // The connections between them are reset.
  void Break(const std::string& a, const std::string& b);
  // Chance that a frame between TaskManagers is lost, comes twice, too early or damaged.
  void SetFrameFaults(double share) { frame_faults_ = share; }

  // LoopNetwork
  bool IsConnected(const std::string& from, const std::string& to) override;
  bool Delivers(const std::string& from, const std::string& to) override;
  void Disconnect(const std::string& process, const std::string& address,
                  const std::string& reason) override;

  // Of exchanges: `id` has channels with `peer`, and needs a connection.
  void WantData(const std::string& id, const std::string& peer);
  bool HasDataRoom(const std::string& from, const std::string& to) const;
  void SendData(const std::string& from, const std::string& to, std::string frame);
  void CloseData(const std::string& id, const std::string& peer);

 private:
  using Pair = std::pair<std::string, std::string>;  // the smaller name first
  struct Frame {
    int64_t due_micros = 0;
    std::string bytes;
  };
  // One connection of a pair, as its two sides see it: by name, whether it is there.
  struct Connection {
    std::map<std::string, bool> is_up;
    int64_t connect_at_micros = INT64_MAX;          // the next attempt
    std::map<std::string, std::deque<Frame>> data;  // by whom they are to get to
  };

  static Pair PairOf(const std::string& a, const std::string& b);
  static const std::string& OtherOf(const Pair& pair, const std::string& name);
  bool IsAlive(const std::string& name) const { return processes_.contains(name); }
  bool IsCut(const std::string& a, const std::string& b) const;
  static bool IsUp(const Connection& connection, const std::string& name);
  void Harm(std::deque<Frame>& frames);
  // `name` hears that its connection with the other is gone.
  void LoseControl(const Pair& pair, const std::string& name, const std::string& reason);
  void LoseData(const Pair& pair, const std::string& name, const std::string& reason);
  // The other side hears of it too, if it can be reached.
  void CloseOther(const Pair& pair, const std::string& name, bool control);
  void ConnectControl(const Pair& pair, Connection& connection);
  void ConnectData(const Pair& pair, Connection& connection);
  void RetryLater(Connection& connection);

  // LoopActor
  int64_t NextMicros() override;
  void Run() override;

  EventLoop& loop_;
  Chance& chance_;
  Trace& trace_;
  std::map<std::string, const LoopProcess*> processes_;
  std::map<std::string, SimulatedExchange*> exchanges_;
  std::set<Pair> cuts_;
  double frame_faults_ = 0;
  std::map<Pair, Connection> control_;
  std::map<Pair, Connection> data_;
};

}  // namespace flinkc
