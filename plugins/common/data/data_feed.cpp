#include "data/data_feed.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto check_period = milliseconds(20);
}  // namespace

DataFeed::DataFeed(EventLoop &loop, std::string pad, Hooks hooks)
    : loop_(loop), pad_(std::move(pad)), hooks_(std::move(hooks)) {
  rewind();
}

void DataFeed::configure(const DataFeedSettings &settings) {
  std::lock_guard lock(mutex_);
  settings_ = settings;
  if (settings_.channel.label.empty()) settings_.channel.label = pad_;
  if (settings_.stream) settings_.channel.protocol = stream_subprotocol;
  if (!settings_.sync_to.empty()) settings_.channel.protocol = timed_subprotocol;
}

DataChannelInit DataFeed::channel() const {
  std::lock_guard lock(mutex_);
  return settings_.channel;
}

bool DataFeed::is_stream() const {
  std::lock_guard lock(mutex_);
  return settings_.stream;
}

std::string DataFeed::peer() const {
  std::lock_guard lock(mutex_);
  return settings_.peer;
}

std::string DataFeed::sync_to() const {
  std::lock_guard lock(mutex_);
  return settings_.sync_to;
}

bool DataFeed::is_for(const std::string &peer, const std::string &session) const {
  std::lock_guard lock(mutex_);
  return settings_.peer.empty() || settings_.peer == peer || settings_.peer == session;
}

void DataFeed::rewind() {
  std::lock_guard lock(mutex_);
  stream_id_ = random_id();
  ports_.clear();
  heirs_.clear();
  begun_ = finished_ = told_large_ = false;
}

void DataFeed::flush(bool flushing) {
  std::lock_guard lock(mutex_);
  flushing_ = flushing;
  // The frames that they belong to do not come any more.
  if (flushing && !settings_.sync_to.empty())
    for (auto &[session, port] : ports_) {
      port.queue.clear();
      port.queued = 0;
    }
  changed_.notify_all();
}

void DataFeed::stop(bool stopped) {
  std::lock_guard lock(mutex_);
  stopped_ = stopped;
  changed_.notify_all();
}

size_t DataFeed::room_locked(const Port &port) const {
  if (port.stream) return port.stream->room();
  return port.queued < settings_.limit ? settings_.limit - port.queued : 0;
}

size_t DataFeed::room_locked(size_t size) {
  const bool waits = settings_.waits && !begun_ && !settings_.leaky;
  if ((settings_.stream || waits) && ports_.empty()) return 0;
  auto room = size;
  if (settings_.leaky && !settings_.stream) return room;
  for (const auto &[session, port] : ports_) {
    if (port.leaky) continue;
    const auto here = room_locked(port);
    // A message larger than the limit passes alone.
    const bool fits = settings_.stream || here >= size || port.queue.empty();
    room = std::min(room, settings_.stream ? here : fits ? size : 0);
  }
  return room;
}

// Ports that are stuck for longer than the patience do not hold up the others any more.
template <typename F>
void DataFeed::deal_with_stuck(std::unique_lock<std::mutex> &lock, bool alone, F is_stuck) {
  // Nobody else is held up.
  if (alone && settings_.when_stuck == WhenStuck::leave_behind) return;
  std::vector<std::string> stuck;
  const auto now = Clock::now();
  for (const auto &[session, port] : ports_)
    if (is_stuck(port) && now - port.moved > settings_.patience) stuck.push_back(session);
  if (stuck.empty()) return;
  const auto then = settings_.when_stuck;
  const auto reason = format("it took nothing for %g s", double(settings_.patience.count()) / 1000);
  lock.unlock();
  for (const auto &session : stuck) {
    if (then == WhenStuck::drop && make_leaky(session, reason)) continue;
    drop_port(session, reason);
    if (then == WhenStuck::disconnect) hooks_.disconnect(session, reason);
  }
  lock.lock();
}

bool DataFeed::make_leaky(const std::string &session, const std::string &reason) {
  {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(session);
    if (found == ports_.end() || std::exchange(found->second.leaky, true)) return false;
    changed_.notify_all();
  }
  hooks_.warned({Error::Kind::failed,
                 format("A peer gets only the last messages of %s from now on: %s.", pad_.c_str(),
                        reason.c_str()),
                 "session " + session});
  return true;
}

bool DataFeed::wait_for_room(std::unique_lock<std::mutex> &lock, size_t size, size_t &room) {
  while (!is_flushing() && (room = room_locked(size)) == 0) {
    changed_.wait_for(lock, check_period);
    deal_with_stuck(lock, ports_.size() < 2, [&](const Port &port) {
      return port.stream ? port.stream->room() == 0
                         : !port.leaky && !port.queue.empty() && room_locked(port) < size;
    });
  }
  return !is_flushing();
}

void DataFeed::take_locked(const DataMessage &message, const DataStamp &stamp) {
  for (auto &[session, port] : ports_) {
    if (port.stream) {
      (void)port.stream->push(message.view());  // there is room
      if (port.stream->room() == 0) port.moved = Clock::now();
      continue;
    }
    if (port.queue.empty()) port.moved = Clock::now();
    port.queue.push_back({message, stamp, Clock::now(), ""});
    port.queued += message.size();
    while ((settings_.leaky || port.leaky) && port.queued > settings_.limit &&
           port.queue.size() > 1) {
      port.queued -= port.queue.front().message.size();
      port.queue.pop_front();
    }
  }
}

// One at a time: who pushes faster than the loop runs, with nobody there as fast as it can, would
// keep it from all else, the coming of a peer too.
void DataFeed::post_pump_locked() {
  if (ports_.empty() || std::exchange(pump_posted_, true)) return;
  loop_.post(if_alive(weak_from_this(), [](DataFeed &self) { self.pump(); }));
}

bool DataFeed::push(const DataMessage &message, const DataStamp &stamp) {
  std::unique_lock lock(mutex_);
  for (size_t at = 0; at < message.size();) {
    size_t room = 0;
    if (!wait_for_room(lock, message.size() - at, room)) return false;
    begun_ = true;
    take_locked({message.text, at == 0 && room == message.size()
                                   ? message.bytes
                                   : adopt(g_bytes_new_from_bytes(message.bytes.get(), at, room))},
                stamp);
    at += room;
    post_pump_locked();
  }
  return true;
}

bool DataFeed::finish() {
  std::unique_lock lock(mutex_);
  if (settings_.stream && !begun_) {
    size_t room = 0;
    if (!wait_for_room(lock, 1, room)) return false;
  }
  finished_ = true;
  const bool alone = ports_.size() < 2;
  for (auto &[session, port] : ports_) {
    if (port.stream) port.stream->finish();
    port.moved = Clock::now();
  }
  post_pump_locked();
  while (!is_flushing() && !ports_.empty()) {
    changed_.wait_for(lock, check_period);
    deal_with_stuck(lock, alone, [](const Port &port) {
      return port.stream ? !port.stream->done() : !port.queue.empty();
    });
  }
  return !is_flushing();
}

}  // namespace rtc
