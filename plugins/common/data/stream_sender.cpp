#include "data/stream_sender.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace rtc {

StreamSender::StreamSender(std::string id, StreamSettings settings)
    : id_(std::move(id)), settings_(settings) {
  settings_.window = std::clamp(settings_.window, stream_ack_interval, stream_max_window);
  settings_.chunk = std::clamp<size_t>(settings_.chunk, 1, settings_.window);
}

size_t StreamSender::room() const {
  if (finished_ || error_) return 0;
  return settings_.window - static_cast<size_t>(total_ - acknowledged_);
}

size_t StreamSender::push(std::string_view bytes) {
  bytes = bytes.substr(0, room());
  for (auto rest = bytes; !rest.empty();) {
    if (kept_.empty() || kept_.back().size() == settings_.chunk)
      kept_.emplace_back().reserve(settings_.chunk);
    const auto part = rest.substr(0, settings_.chunk - kept_.back().size());
    kept_.back().append(part);
    rest.remove_prefix(part.size());
  }
  total_ += bytes.size();
  return bytes.size();
}

std::optional<StreamMessage> StreamSender::next() {
  if (done_ || error_) return std::nullopt;
  if (std::exchange(begin_due_, false))
    return say(write(StreamBegin{id_, sent_, finished_ ? total_ : settings_.length}));
  if (sent_ < total_) return StreamMessage{false, next_bytes()};
  if (!std::exchange(end_due_, false)) return std::nullopt;
  end_sent_ = true;
  return say(write(StreamEnd{total_}));
}

std::string_view StreamSender::next_bytes() {
  const auto at = static_cast<size_t>(sent_ - kept_from_);
  const auto bytes =
      std::string_view(kept_[at / settings_.chunk]).substr(at % settings_.chunk, settings_.chunk);
  sent_ += bytes.size();
  ever_sent_ = std::max(ever_sent_, sent_);
  return bytes;
}

StreamMessage StreamSender::say(std::string text) {
  text_ = std::move(text);
  return {true, text_};
}

Result<bool> StreamSender::received(std::string_view text) {
  if (error_) return *error_;
  const auto control = read_stream_control(text);
  if (!control) return fail(control.error());
  if (const auto *ack = std::get_if<StreamAck>(&*control)) return acknowledge(*ack);
  if (const auto *abort = std::get_if<StreamAbort>(&*control)) return fail(stream_aborted(*abort));
  if (!std::holds_alternative<StreamUnknown>(*control))
    return fail(stream_protocol_error("the receiver sent what only a sender sends"));
  return true;
}

Result<bool> StreamSender::acknowledge(const StreamAck &ack) {
  if (ack.received > ever_sent_)
    return fail(stream_protocol_error(format("ack of %llu of %llu bytes sent",
                                             static_cast<unsigned long long>(ack.received),
                                             static_cast<unsigned long long>(ever_sent_))));
  if (ack.complete && (!end_sent_ || ack.received != total_))
    return fail(stream_protocol_error("a complete ack of an incomplete stream"));
  done_ = done_ || ack.complete;
  acknowledged_ = std::max(acknowledged_, ack.received);
  while (!kept_.empty() && kept_from_ + kept_.front().size() <= acknowledged_) {
    kept_from_ += kept_.front().size();
    kept_.pop_front();
  }
  // Of bytes that the lost channel did deliver: they need not go again.
  if (sent_ < acknowledged_) {
    sent_ = acknowledged_;
    begin_due_ = true;
  }
  return true;
}

Error StreamSender::fail(Error error) {
  error_ = std::move(error);
  kept_.clear();
  return *error_;
}

void StreamSender::resume() {
  sent_ = acknowledged_;
  begin_due_ = true;
  end_due_ = finished_;
}

}  // namespace rtc
