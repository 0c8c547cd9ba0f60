#include "stats_reader.hpp"

namespace rtc {

namespace {
constexpr auto patience = seconds(1);
}

StructurePtr StatsReader::read(EventLoop *loop, Gather gather) {
  std::unique_lock lock(state_->mutex);
  if (loop && !loop->is_current()) {
    const auto before = state_->answers;
    loop->post([state = state_, gather = std::move(gather)] {
      gather([state](StructurePtr stats) {
        std::lock_guard guard(state->mutex);
        state->last = std::move(stats);
        state->answers++;
        state->changed.notify_all();
      });
    });
    state_->changed.wait_for(lock, patience, [&] { return state_->answers != before; });
  }
  const auto *last = state_->last.get();
  return StructurePtr(last ? gst_structure_copy(last)
                           : gst_structure_new_empty("application/x-rtc-stats"));
}

}  // namespace rtc
