// What a DataFeed does for each of its peers.
#include <algorithm>

#include "base/text.hpp"
#include "data/data_feed.hpp"

namespace rtc {

namespace {
// Enough that SCTP never runs dry between two turns of the loop.
constexpr size_t high_water = 512 * 1024;
constexpr size_t chunk = 16384;
// SCTP closes a channel when everything before has arrived.
constexpr auto close_deadline = seconds(60);
// GStreamer 1.22 throws away what it has received and not handed on when the channel is closed.
constexpr auto linger = milliseconds(50);
constexpr auto check_period = milliseconds(20);

DataMessage message_of(const StreamMessage &piece) {
  return {piece.text, adopt(g_bytes_new(piece.data.data(), piece.data.size()))};
}
}  // namespace

void DataFeed::add(const std::string &session, const std::shared_ptr<DataChannel> &channel,
                   bool ours, const FrameFinder &finder) {
  const auto weak = weak_from_this();
  const std::weak_ptr<DataChannel> weak_channel = channel;
  const auto closed = [weak, session, weak_channel](const std::string &reason) {
    const auto self = weak.lock();
    const auto closed = weak_channel.lock();
    if (!self || !closed || !self->detach(session, closed)) return;
    // Without a reason the peer wants no more; a connection that broke may be replaced.
    if (reason.empty()) self->forget(session);
  };
  DataChannel::Writer writer;
  writer.opened = [weak, session, weak_channel, ours, finder] {
    const auto self = weak.lock();
    const auto opened = weak_channel.lock();
    if (self && opened) self->opened(session, opened, ours, finder);
  };
  writer.drained = [weak, session] {
    if (const auto self = weak.lock()) self->pump(session);
  };
  writer.closed = closed;
  channel->write(std::move(writer));
  if (!is_stream()) return;
  // What a stream is answered.
  DataChannel::Reader reader;
  reader.message = [weak, session](const DataMessage &message) {
    if (const auto self = weak.lock()) self->heard(session, message);
  };
  reader.closed = [](const std::string &) {};
  channel->read(std::move(reader));
}

void DataFeed::opened(const std::string &session, const std::shared_ptr<DataChannel> &channel,
                      bool ours, const FrameFinder &finder) {
  bool late = false;
  {
    std::lock_guard lock(mutex_);
    const auto known = ports_.find(session);
    late = settings_.stream && begun_ && known == ports_.end();
    if (const auto heir = heirs_.find(session);
        late && heir != heirs_.end() && ports_.contains(heir->second.before)) {
      heir->second.channel = channel;
      heir->second.ours = ours;
      heir->second.finder = finder;
      return;
    }
    if (!late) {
      auto &port = ports_[session];
      port.channel = channel;
      port.ours = ours;
      port.finder = finder;
      port.taken.reset();
      port.closed.reset();
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

std::optional<DataFeed::Entry> DataFeed::next_locked(Port &port) {
  if (port.stream) {
    const auto piece = port.stream->next();
    return piece ? std::optional(Entry{message_of(*piece), {}, {}, ""}) : std::nullopt;
  }
  if (port.queue.empty()) return {};
  auto entry = std::move(port.queue.front());
  port.queue.pop_front();
  port.queued -= entry.message.size();
  port.moved = Clock::now();
  return entry;
}

std::optional<DataFeed::Entry> DataFeed::next(const std::string &session,
                                              const std::shared_ptr<DataChannel> &channel) {
  for (;;) {
    std::optional<Question> question;
    {
      std::lock_guard lock(mutex_);
      const auto found = ports_.find(session);
      if (found == ports_.end() || found->second.channel != channel) return {};
      auto &port = found->second;
      question = question_locked(port);
      if (!question) {
        auto entry = next_locked(port);
        changed_.notify_all();
        if (!entry && finished_ && (!port.stream || port.stream->done())) port.closing = true;
        return entry;
      }
    }
    if (!ask(session, *question)) return {};
  }
}

void DataFeed::pump() {
  std::vector<std::string> sessions;
  {
    std::lock_guard lock(mutex_);
    pump_posted_ = false;
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
    auto entry = next(session, channel);
    if (!entry) break;
    const auto sent = channel->send(sealed(*entry));
    if (sent) continue;
    // Another channel may follow, for which the message stays; a stream begins again by itself.
    if (sent.error().kind != Error::Kind::settings) return put_back(session, std::move(*entry));
    warn_of_large(sent.error());
  }
  close_when_taken();
}

void DataFeed::warn_of_large(const Error &error) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(told_large_, true)) return;
  }
  hooks_.warned(error);
}

void DataFeed::put_back(const std::string &session, Entry entry) {
  std::lock_guard lock(mutex_);
  const auto found = ports_.find(session);
  if (found == ports_.end() || found->second.stream) return;
  found->second.queued += entry.message.size();
  // The next channel is another one's path, with times of its own.
  entry.header.clear();
  found->second.queue.push_front(std::move(entry));
}

std::set<std::shared_ptr<DataChannel>> DataFeed::emptied_channels() {
  std::set<std::shared_ptr<DataChannel>> channels;
  {
    std::lock_guard lock(mutex_);
    for (const auto &[session, port] : ports_)
      if (port.closing && port.channel && !port.taken) channels.insert(port.channel);
  }
  std::erase_if(channels, [](const auto &channel) { return !channel->is_taken(); });
  return channels;
}

void DataFeed::close_when_taken() {
  std::vector<std::shared_ptr<DataChannel>> taken;
  std::vector<std::string> silent, done;
  bool waiting = false;
  const auto now = Clock::now();
  const auto emptied = emptied_channels();
  {
    std::lock_guard lock(mutex_);
    for (auto &[session, port] : ports_) {
      if (!port.closing || !port.channel) continue;
      waiting = true;
      if (!port.taken && emptied.contains(port.channel)) port.taken = now;
      if (!port.closed && port.taken && now - *port.taken >= linger) {
        port.closed = now;
        if (port.ours)
          taken.push_back(port.channel);
        else
          done.push_back(session);
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
  for (const auto &session : done) forget(session);
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

void DataFeed::await(const std::string &before, const std::string &after) {
  std::lock_guard lock(mutex_);
  heirs_[after].before = before;
}

void DataFeed::inherit(const std::string &before) {
  std::string after;
  Heir heir;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(heirs_.begin(), heirs_.end(),
                                    [&](const auto &h) { return h.second.before == before; });
    if (found == heirs_.end() || !ports_.contains(before)) return;
    after = found->first;
    heir = found->second;
    heirs_.erase(found);
  }
  succeed(before, after);
  if (heir.channel && heir.channel->is_open()) opened(after, heir.channel, heir.ours, heir.finder);
}

void DataFeed::forget(const std::string &session) {
  inherit(session);
  bool unfinished = false;
  {
    std::lock_guard lock(mutex_);
    heirs_.erase(session);
    const auto found = ports_.find(session);
    if (found == ports_.end()) return;
    unfinished = found->second.stream && !found->second.stream->done();
    ports_.erase(found);
    changed_.notify_all();
  }
  if (unfinished)
    hooks_.warned(
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
    if (found->second.ours) channel = found->second.channel;
    stream = bool(found->second.stream);
    ports_.erase(found);
    changed_.notify_all();
  }
  loop_.post(if_alive(weak_from_this(), [channel, stream, reason](DataFeed &self) {
    if (channel && stream) return self.abort(channel, reason);
    if (channel) channel->close();
  }));
  hooks_.warned({Error::Kind::failed,
                 format("A peer gets nothing more from %s: %s.", pad_.c_str(), reason.c_str()),
                 "session " + session});
}

}  // namespace rtc
