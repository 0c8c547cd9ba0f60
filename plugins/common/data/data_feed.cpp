#include "data/data_feed.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
// Enough that SCTP never runs dry between two turns of the loop.
constexpr size_t high_water = 512 * 1024;
constexpr size_t chunk = 16384;
// SCTP closes a channel when everything before has arrived.
constexpr auto close_deadline = seconds(60);
constexpr auto check_period = milliseconds(20);

DataMessage message_of(const StreamMessage &piece) {
  return {piece.text, adopt(g_bytes_new(piece.data.data(), piece.data.size()))};
}
}  // namespace

DataFeed::DataFeed(EventLoop &loop, std::string pad, Warn warn)
    : loop_(loop), pad_(std::move(pad)), warn_(std::move(warn)) {
  rewind();
}

void DataFeed::configure(const DataFeedSettings &settings) {
  std::lock_guard lock(mutex_);
  settings_ = settings;
  if (settings_.channel.label.empty()) settings_.channel.label = pad_;
  if (settings_.stream) settings_.channel.protocol = stream_subprotocol;
}

DataChannelInit DataFeed::channel() const {
  std::lock_guard lock(mutex_);
  return settings_.channel;
}

void DataFeed::rewind() {
  std::lock_guard lock(mutex_);
  stream_id_ = random_id();
  ports_.clear();
  begun_ = finished_ = false;
}

void DataFeed::flush(bool flushing) {
  std::lock_guard lock(mutex_);
  flushing_ = flushing;
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
  if (settings_.stream && ports_.empty()) return 0;
  auto room = size;
  if (settings_.leaky && !settings_.stream) return room;
  for (const auto &[session, port] : ports_) {
    const auto here = room_locked(port);
    // A message larger than the limit passes alone.
    const bool fits = settings_.stream || here >= size || port.queue.empty();
    room = std::min(room, settings_.stream ? here : fits ? size : 0);
  }
  return room;
}

// Ports that are stuck for longer than the patience do not hold up the others any more.
template <typename F>
void DataFeed::leave_behind(std::unique_lock<std::mutex> &lock, F is_stuck) {
  std::vector<std::string> left;
  const auto now = Clock::now();
  for (const auto &[session, port] : ports_)
    if (is_stuck(port) && now - port.moved > settings_.patience) left.push_back(session);
  if (left.empty()) return;
  const auto reason = format("it took nothing for %lld s",
                             static_cast<long long>(settings_.patience.count() / 1000));
  lock.unlock();
  for (const auto &session : left) drop_port(session, reason);
  lock.lock();
}

bool DataFeed::wait_for_room(std::unique_lock<std::mutex> &lock, size_t size, size_t &room) {
  while (!is_flushing() && (room = room_locked(size)) == 0) {
    changed_.wait_for(lock, check_period);
    if (ports_.size() < 2) continue;  // nobody else is held up
    leave_behind(lock, [&](const Port &port) {
      return port.stream ? port.stream->room() == 0
                         : !port.queue.empty() && room_locked(port) < size;
    });
  }
  return !is_flushing();
}

void DataFeed::take_locked(const DataMessage &message) {
  for (auto &[session, port] : ports_) {
    if (port.stream) {
      (void)port.stream->push(message.view());  // there is room
      if (port.stream->room() == 0) port.moved = Clock::now();
      continue;
    }
    if (port.queue.empty()) port.moved = Clock::now();
    port.queue.push_back(message);
    port.queued += message.size();
    while (settings_.leaky && port.queued > settings_.limit && port.queue.size() > 1) {
      port.queued -= port.queue.front().size();
      port.queue.pop_front();
    }
  }
}

bool DataFeed::push(const DataMessage &message) {
  std::unique_lock lock(mutex_);
  for (size_t at = 0; at < message.size();) {
    size_t room = 0;
    if (!wait_for_room(lock, message.size() - at, room)) return false;
    begun_ = true;
    take_locked({message.text, at == 0 && room == message.size()
                                   ? message.bytes
                                   : adopt(g_bytes_new_from_bytes(message.bytes.get(), at, room))});
    at += room;
    loop_.post(if_alive(weak_from_this(), [](DataFeed &self) { self.pump(); }));
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
  loop_.post(if_alive(weak_from_this(), [](DataFeed &self) { self.pump(); }));
  while (!is_flushing() && !ports_.empty()) {
    changed_.wait_for(lock, check_period);
    if (!alone)
      leave_behind(lock, [](const Port &port) {
        return port.stream ? !port.stream->done() : !port.queue.empty();
      });
  }
  return !is_flushing();
}

void DataFeed::add(const std::string &session, const std::shared_ptr<DataChannel> &channel) {
  const auto weak = weak_from_this();
  const std::weak_ptr<DataChannel> weak_channel = channel;
  DataChannel::Hooks hooks;
  hooks.opened = [weak, session, weak_channel] {
    const auto self = weak.lock();
    const auto opened = weak_channel.lock();
    if (self && opened) self->opened(session, opened);
  };
  hooks.message = [weak, session](const DataMessage &message) {
    if (const auto self = weak.lock()) self->heard(session, message);
  };
  hooks.drained = [weak, session] {
    if (const auto self = weak.lock()) self->pump(session);
  };
  hooks.closed = [weak, session, weak_channel](const std::string &reason) {
    const auto self = weak.lock();
    const auto closed = weak_channel.lock();
    if (!self || !closed || !self->detach(session, closed)) return;
    // Without a reason the peer wants no more; a connection that broke may be replaced.
    if (reason.empty()) self->forget(session);
  };
  channel->listen(std::move(hooks));
}

void DataFeed::opened(const std::string &session, const std::shared_ptr<DataChannel> &channel) {
  bool late = false;
  {
    std::lock_guard lock(mutex_);
    const auto known = ports_.find(session);
    late = settings_.stream && begun_ && known == ports_.end();
    if (!late) {
      auto &port = ports_[session];
      port.channel = channel;
      port.moved = Clock::now();
      if (settings_.stream && !port.stream)
        port.stream =
            std::make_unique<StreamSender>(stream_id_, StreamSettings{settings_.limit, chunk, {}});
      else if (port.stream)
        port.stream->resume();
      changed_.notify_all();
    }
  }
  // What the peer would get is the end of a stream without its beginning.
  if (late) return abort(channel, "it had begun before this peer came");
  pump(session);
}

void DataFeed::heard(const std::string &session, const DataMessage &message) {
  if (!message.text) return;
  std::optional<Error> error;
  {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(session);
    if (found == ports_.end() || !found->second.stream) return;
    auto &port = found->second;
    const auto before = port.stream->acknowledged();
    if (const auto taken = port.stream->received(message.view()); !taken) error = taken.error();
    if (port.stream->acknowledged() > before) port.moved = Clock::now();
    changed_.notify_all();
  }
  if (error) return drop_port(session, error->message);
  pump(session);
}

std::optional<DataMessage> DataFeed::next_locked(Port &port) {
  if (port.stream) {
    const auto piece = port.stream->next();
    return piece ? std::optional(message_of(*piece)) : std::nullopt;
  }
  if (port.queue.empty()) return {};
  auto message = std::move(port.queue.front());
  port.queue.pop_front();
  port.queued -= message.size();
  port.moved = Clock::now();
  return message;
}

void DataFeed::pump() {
  std::vector<std::string> sessions;
  {
    std::lock_guard lock(mutex_);
    for (const auto &[session, port] : ports_) sessions.push_back(session);
  }
  for (const auto &session : sessions) pump(session);
}

void DataFeed::pump(const std::string &session) {
  std::shared_ptr<DataChannel> channel;
  {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(session);
    if (found != ports_.end()) channel = found->second.channel;
  }
  if (!channel) return;
  while (channel->is_open() && channel->buffered() < high_water) {
    std::optional<DataMessage> message;
    {
      std::lock_guard lock(mutex_);
      const auto found = ports_.find(session);
      if (found == ports_.end() || found->second.channel != channel) return;
      message = next_locked(found->second);
      changed_.notify_all();
      if (!message && finished_ && !found->second.closing &&
          (!found->second.stream || found->second.stream->done()))
        found->second.closing = true;
    }
    if (!message) break;
    const auto sent = channel->send(*message);
    if (sent) continue;
    // Another channel may follow, for which the message stays; a stream begins again by itself.
    if (sent.error().kind != Error::Kind::settings) return put_back(session, std::move(*message));
    warn_(sent.error());
  }
  close_when_taken();
}

void DataFeed::put_back(const std::string &session, DataMessage message) {
  std::lock_guard lock(mutex_);
  const auto found = ports_.find(session);
  if (found == ports_.end() || found->second.stream) return;
  found->second.queued += message.size();
  found->second.queue.push_front(std::move(message));
}

void DataFeed::close_when_taken() {
  std::vector<std::shared_ptr<DataChannel>> taken;
  std::vector<std::string> silent;
  bool waiting = false;
  const auto now = Clock::now();
  {
    std::lock_guard lock(mutex_);
    for (auto &[session, port] : ports_) {
      if (!port.closing || !port.channel) continue;
      waiting = true;
      if (!port.closed && port.channel->is_taken()) {
        port.closed = now;
        taken.push_back(port.channel);
      }
      if (now - port.closed.value_or(port.moved) > close_deadline) silent.push_back(session);
    }
  }
  std::erase_if(leaving_, [&](const auto &entry) {
    const auto &[channel, since] = entry;
    const bool goes = channel->is_taken() || now - since > close_deadline;
    if (goes) taken.push_back(channel);
    return goes || !channel->is_open();
  });
  waiting |= !leaving_.empty();
  for (const auto &channel : taken) channel->close();
  for (const auto &session : silent) drop_port(session, "it does not close the channel");
  closing_ =
      waiting ? loop_.after(check_period, if_alive(weak_from_this(),
                                                   [](DataFeed &self) { self.close_when_taken(); }))
              : Timer();
}

bool DataFeed::detach(const std::string &session, const std::shared_ptr<DataChannel> &channel) {
  std::lock_guard lock(mutex_);
  const auto found = ports_.find(session);
  if (found == ports_.end() || found->second.channel != channel) return false;
  found->second.channel = nullptr;
  return true;
}

void DataFeed::forget(const std::string &session) {
  bool unfinished = false;
  {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(session);
    if (found == ports_.end()) return;
    unfinished = found->second.stream && !found->second.stream->done();
    ports_.erase(found);
    changed_.notify_all();
  }
  if (unfinished)
    warn_(
        {Error::Kind::failed,
         format("A peer did not get all of the stream of %s: its connection ended.", pad_.c_str()),
         "session " + session});
}

void DataFeed::abort(const std::shared_ptr<DataChannel> &channel, const std::string &reason) {
  (void)channel->send_text(write(StreamAbort{reason}));
  leaving_.emplace_back(channel, Clock::now());
  close_when_taken();
}

void DataFeed::succeed(const std::string &before, const std::string &after) {
  std::lock_guard lock(mutex_);
  auto port = ports_.extract(before);
  if (!port || ports_.contains(after)) return;
  port.key() = after;
  port.mapped().channel = nullptr;
  ports_.insert(std::move(port));
}

void DataFeed::drop_port(const std::string &session, const std::string &reason) {
  std::shared_ptr<DataChannel> channel;
  bool stream = false;
  {
    std::lock_guard lock(mutex_);
    const auto found = ports_.find(session);
    if (found == ports_.end()) return;
    channel = found->second.channel;
    stream = bool(found->second.stream);
    ports_.erase(found);
    changed_.notify_all();
  }
  loop_.post(if_alive(weak_from_this(), [channel, stream, reason](DataFeed &self) {
    if (channel && stream) return self.abort(channel, reason);
    if (channel) channel->close();
  }));
  warn_({Error::Kind::failed,
         format("A peer gets nothing more from %s: %s.", pad_.c_str(), reason.c_str()),
         "session " + session});
}

}  // namespace rtc
