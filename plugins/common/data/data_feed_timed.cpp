// How a DataFeed tells each peer which frame a message belongs to.
#include "data/data_feed.hpp"

namespace rtc {

namespace {
// For what no frame comes for; frames tell by themselves.
constexpr auto check_period = milliseconds(50);
}  // namespace

std::optional<DataFeed::Question> DataFeed::question_locked(const Port &port) const {
  if (settings_.sync_to.empty() || port.queue.empty() || !port.queue.front().header.empty())
    return {};
  return Question{port.finder, port.queue.front(), settings_.sync_to};
}

bool DataFeed::ask(const std::string &session, const Question &question) {
  const auto &entry = question.entry;
  FrameAnswer answer;
  if (question.finder && entry.stamp.time)
    answer = question.finder(question.pad, *entry.stamp.time, Clock::now() - entry.since);
  if (answer.waits && !waiting_.active())
    waiting_ = loop_.after(check_period, if_alive(weak_from_this(), [](DataFeed &self) {
                             self.waiting_.cancel();
                             self.pump();
                           }));
  std::lock_guard lock(mutex_);
  const auto found = ports_.find(session);
  if (found == ports_.end() || found->second.queue.empty()) return true;
  // The peer is not to blame.
  if (answer.waits) found->second.moved = Clock::now();
  auto &first = found->second.queue.front();
  // Another one where the oldest was dropped meanwhile.
  if (!answer.waits && first.message.bytes.get() == entry.message.bytes.get())
    first.header = timed_header(entry.stamp.kind, answer.frame);
  return !answer.waits;
}

DataMessage DataFeed::sealed(const Entry &entry) {
  if (entry.header.empty()) return entry.message;
  const auto bytes = entry.header + std::string(entry.message.view());
  return {false, adopt(g_bytes_new(bytes.data(), bytes.size()))};
}

}  // namespace rtc
