// Packets into the groups whose delays are compared (draft-ietf-rmcat-gcc-02 section 5.2): what was
// sent within 5 ms, or arrived in one burst because a queue on the way let it go at once, is one
// group. Pure; belongs to the congestion controller.
#pragma once

#include "congestion/transport_feedback.hpp"

namespace rtc {

class BurstGroups {
 public:
  // How far apart two groups that followed each other were, at either end.
  struct Delta {
    Duration sent;
    Duration arrived;
    Duration arrival;  // of the later group, on the receiver's clock
  };

  // A packet that arrived; a delta when it closes a group that has one before it.
  std::optional<Delta> add(TimePoint sent, Duration arrival);

 private:
  struct Group {
    TimePoint first_sent;
    TimePoint last_sent;
    Duration first_arrival;
    Duration last_arrival;
  };
  bool joins(const Group &group, TimePoint sent, Duration arrival) const;
  std::optional<Delta> close();

  std::optional<Group> current_;
  std::optional<Group> previous_;
  int backwards_ = 0;  // packets in a row that do not fit in
};

}  // namespace rtc
