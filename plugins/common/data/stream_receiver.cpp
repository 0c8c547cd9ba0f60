#include "data/stream_receiver.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace rtc {

Result<std::string_view> StreamReceiver::received_bytes(std::string_view data) {
  if (error_) return *error_;
  if (!begun_) return fail(stream_protocol_error("bytes before begin"));
  const auto overlap = std::min<uint64_t>(received_ - position_, data.size());
  const auto fresh = data.substr(static_cast<size_t>(overlap));
  if (complete_ && !fresh.empty()) return fail(stream_protocol_error("bytes after the end"));
  if (fresh.size() > stream_max_window - (received_ - consumed_))
    return fail(stream_protocol_error("more bytes than the largest window"));
  position_ += data.size();
  received_ += fresh.size();
  return fresh;
}

Result<bool> StreamReceiver::received_text(std::string_view text) {
  if (error_) return *error_;
  const auto control = read_stream_control(text);
  if (!control) return fail(control.error());
  if (const auto *message = std::get_if<StreamBegin>(&*control)) return begin(*message);
  if (const auto *message = std::get_if<StreamEnd>(&*control)) return end(*message);
  if (const auto *message = std::get_if<StreamAbort>(&*control))
    return fail(stream_aborted(*message));
  if (!std::holds_alternative<StreamUnknown>(*control))
    return fail(stream_protocol_error("the sender sent what only a receiver sends"));
  return true;
}

Result<bool> StreamReceiver::begin(const StreamBegin &message) {
  if (began() && message.stream != stream_)
    return fail({Error::Kind::failed,
                 complete_ ? "A data stream came where another had ended. Use a channel for each."
                           : "The data stream was cut short: its sender began another one. "
                             "Receive it again.",
                 std::string(stream_subprotocol) + ": begin of another stream"});
  if (message.offset > received_)
    return fail(stream_protocol_error(format("begin at %llu where %llu bytes were received",
                                             static_cast<unsigned long long>(message.offset),
                                             static_cast<unsigned long long>(received_))));
  stream_ = message.stream;
  if (message.length) length_ = message.length;
  position_ = message.offset;
  // Acks may have been lost with the channel before: it begins where the sender knows of them.
  if (!begun_) acknowledged_ = message.offset;
  begun_ = true;
  final_due_ = complete_;
  return true;
}

Result<bool> StreamReceiver::end(const StreamEnd &message) {
  if (!begun_) return fail(stream_protocol_error("end before begin"));
  if (message.size != received_ || message.size != position_)
    return fail(stream_protocol_error(format("end at %llu where %llu bytes were received",
                                             static_cast<unsigned long long>(message.size),
                                             static_cast<unsigned long long>(position_))));
  complete_ = true;
  final_due_ = true;
  return true;
}

void StreamReceiver::consumed(size_t bytes) { consumed_ = std::min(consumed_ + bytes, received_); }

std::optional<std::string> StreamReceiver::next() {
  if (!begun_ || error_) return std::nullopt;
  const bool final = final_due_ && consumed_ == received_;
  if (!final && consumed_ < acknowledged_ + stream_ack_interval) return std::nullopt;
  if (final) final_due_ = false;
  acknowledged_ = consumed_;
  return write(StreamAck{consumed_, final});
}

Error StreamReceiver::fail(Error error) {
  error_ = std::move(error);
  return *error_;
}

}  // namespace rtc
