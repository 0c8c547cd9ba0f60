#include "ice/relay_check.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rtc {

namespace {

constexpr size_t packet_size = 160;  // like audio

}  // namespace

RelayCheck::RelayCheck(EventLoop &loop, Settings settings, Send send, Done done)
    : loop_(loop),
      settings_(std::move(settings)),
      send_(std::move(send)),
      done_(std::move(done)),
      mark_(random_id() + ":") {
  if (settings_.path == Path::peer) {
    auto socket =
        UdpSocket::open(loop_, settings_.relayed.is_v6(), settings_.local,
                        [this](const IpPort &, std::string_view data) { returned(data); });
    // Without a socket nothing comes back, which is what the caller is told.
    if (socket) peer_ = std::move(*socket);
  }
  pacer_ = loop_.every(settings_.pace, [this] { send_next(); });
}

void RelayCheck::send_next() {
  if (tally_.quality().sent == settings_.packets) {
    pacer_.cancel();
    if (tally_.all_returned()) return finish();
    patience_ = loop_.after(settings_.patience, [this] { finish(); });
    return;
  }
  auto packet = mark_ + std::to_string(tally_.sent(Clock::now())) + ":";
  packet.resize(packet_size, '.');
  if (settings_.path == Path::itself)
    send_(settings_.relayed, packet);
  else if (peer_)
    peer_->send_to(settings_.relayed, packet);
}

void RelayCheck::received(const IpPort &peer, std::string_view data) {
  if (!data.starts_with(mark_)) return;
  if (settings_.path == Path::itself)
    returned(data);
  else
    send_(peer, data);
}

void RelayCheck::returned(std::string_view data) {
  if (!data.starts_with(mark_)) return;
  data.remove_prefix(mark_.size());
  size_t number = 0;
  if (std::from_chars(data.data(), data.data() + data.size(), number).ec != std::errc()) return;
  tally_.returned(number, Clock::now());
  if (tally_.all_returned() && patience_.active()) finish();
}

void RelayCheck::finish() {
  pacer_.cancel();
  patience_.cancel();
  if (const auto done = std::exchange(done_, nullptr)) done(tally_.quality());
}

}  // namespace rtc
