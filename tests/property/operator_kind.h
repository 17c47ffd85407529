// The operators that random plans are made of. Each is one file in operators/, and one line here.
#pragma once

#include <vector>

#include "tests/property/random_plan.h"

namespace flinkc::property {

// Draws one over some of the streams there are and adds what comes of it; nothing where none fits.
using AddOperator = void (*)(Chance&, PlanBuilder&);

void AddFilter(Chance& chance, PlanBuilder& plan);
void AddProjection(Chance& chance, PlanBuilder& plan);
void AddUnnest(Chance& chance, PlanBuilder& plan);
void AddRoute(Chance& chance, PlanBuilder& plan);
void AddUnion(Chance& chance, PlanBuilder& plan);
void AddGroups(Chance& chance, PlanBuilder& plan);
void AddWindows(Chance& chance, PlanBuilder& plan);
void AddSessions(Chance& chance, PlanBuilder& plan);
void AddJoin(Chance& chance, PlanBuilder& plan);
void AddTop(Chance& chance, PlanBuilder& plan);
void AddLookup(Chance& chance, PlanBuilder& plan);
void AddTemporalJoin(Chance& chance, PlanBuilder& plan);
void AddWindowJoin(Chance& chance, PlanBuilder& plan);
void AddOver(Chance& chance, PlanBuilder& plan);
void AddMatch(Chance& chance, PlanBuilder& plan);

inline const std::vector<AddOperator>& OperatorKinds() {
  static const std::vector<AddOperator> kinds = {
      AddFilter,       AddProjection, AddUnnest, AddRoute, AddUnion,
      AddGroups,       AddWindows,    AddJoin,   AddTop,   AddLookup,
      AddTemporalJoin, AddWindowJoin, AddOver,   AddMatch, AddSessions};
  return kinds;
}

}  // namespace flinkc::property
