// Parity packets beside a stream of RTP, from which its receiver makes what was lost without asking
// for it: FlexFEC as draft-ietf-payload-flexible-fec-scheme-03 had it, with a flexible mask and one
// protected SSRC, which is what browsers call "flexfec-03" (RFC 8627 came to differ from it). Pure:
// bytes in, bytes out.
//
// Of ULPFEC (RFC 5109) browsers take another kind, in RED. That one takes sequence numbers of the
// stream, so that a receiver waits for parity that was lost as for the picture; it needs each
// packet wrapped; and it cannot be left away again without leaving a gap.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace rtc {

using RtpBytes = std::vector<uint8_t>;

// Negotiated ids of the header extensions that are written while a packet leaves, or on its way: to
// parity they are zero (0: none).
struct FlexfecExtensions {
  uint8_t transport_cc_id = 0;
  uint8_t abs_send_time_id = 0;
};

// The most packets that one parity packet may protect, from the first sequence number to the last.
constexpr size_t flexfec_span = 109;

// A packet as parity knows it.
RtpBytes to_protect(std::span<const uint8_t> packet, const FlexfecExtensions &extensions);

// The payloads of `count` parity packets for `packets`, each as to_protect() gives it, whose
// sequence numbers follow one another, flexfec_span at most. Neighbors are protected by different
// ones, so that as many may be lost in a row.
std::vector<RtpBytes> flexfec_payloads(std::span<const RtpBytes> packets, size_t count);

// What arrives of a stream and its parity in, what was lost out.
class FlexfecDecoder {
 public:
  explicit FlexfecDecoder(const FlexfecExtensions &extensions) : extensions_(extensions) {}

  // A packet of the stream came, or of its parity, without RTP header and padding. Returns what
  // could be made of it, whole packets. Nonsense is passed over.
  std::vector<RtpBytes> media(std::span<const uint8_t> packet);
  std::vector<RtpBytes> parity(std::span<const uint8_t> payload);

 private:
  struct Parity {
    uint32_t ssrc;
    std::vector<uint16_t> sequences;
    RtpBytes header;    // recovery of the first 8 bytes of the packet, the length in place of its
                        // sequence number
    RtpBytes payload;   // of what follows its RTP header
    uint64_t came = 0;  // after so many packets
  };
  using Key = std::pair<uint32_t, uint16_t>;  // SSRC and sequence number

  static std::optional<Parity> read(std::span<const uint8_t> payload);
  void keep(const Key &key, RtpBytes packet);
  // The one packet that it lacks.
  std::optional<uint16_t> missing(const Parity &parity) const;
  std::optional<RtpBytes> recover(const Parity &parity, uint16_t sequence) const;
  std::vector<RtpBytes> recover_all();
  // Sequence numbers come again: what they would give then is made of two streams.
  void forget_old();

  const FlexfecExtensions extensions_;
  std::map<Key, RtpBytes> packets_;  // as to_protect() gives them
  std::deque<Key> order_;            // of arrival
  std::deque<Parity> waiting_;       // for more packets
  uint64_t came_ = 0;                // packets
};

}  // namespace rtc
