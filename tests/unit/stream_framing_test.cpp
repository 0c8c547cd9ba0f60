#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "data/stream_receiver.hpp"
#include "data/stream_sender.hpp"

namespace rtc {
namespace {

const std::string id = "0123456789abcdef0123456789ABCDEF";
constexpr size_t kib = 1024;
constexpr size_t window = 64 * kib;

std::string random_bytes(size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string out(size, '\0');
  for (auto &c : out) c = static_cast<char>(random());
  return out;
}

// Sender, channel and receiver; each step is one message or one move of the two ends.
class Transfer {
 public:
  Transfer(std::string bytes, StreamSettings settings, unsigned seed)
      : bytes_(std::move(bytes)), settings_(settings), sender_(id, settings), random_(seed) {}

  // Until `messages` more were delivered or nothing moves any more.
  void run(size_t messages = ~size_t(0)) {
    for (unsigned idle = 0; messages > 0 && idle < 64;) {
      const bool delivered = random_() % 2 ? deliver_forth() : deliver_back();
      if (delivered) messages--;
      const bool moved = feed() | fill() | consume() | delivered;
      idle = moved ? 0 : idle + 1;
      check();
    }
  }
  void lose() {
    forth_.clear();
    back_.clear();
    receiver_.resume();
    sender_.resume();
  }
  void expect_complete() {
    EXPECT_TRUE(sender_.done());
    EXPECT_TRUE(receiver_.complete());
    EXPECT_FALSE(receiver_.unfinished());
    EXPECT_EQ(completions_, 1);
    EXPECT_EQ(sender_.acknowledged(), bytes_.size());
    EXPECT_TRUE(taken_ == bytes_);
    EXPECT_EQ(waiting_, 0u);
  }
  size_t bytes_sent() const { return bytes_sent_; }
  const StreamReceiver &receiver() const { return receiver_; }
  const StreamSender &sender() const { return sender_; }

 private:
  struct Message {
    bool text;
    std::string data;
  };

  bool feed() {
    const auto rest = std::string_view(bytes_).substr(pushed_);
    if (rest.empty()) return !std::exchange(finished_, true) && (sender_.finish(), true);
    const auto taken = sender_.push(rest.substr(0, 1 + random_() % (3 * settings_.chunk)));
    pushed_ += taken;
    return taken > 0;
  }
  bool fill() {
    if (forth_.size() >= 4) return false;
    const auto message = sender_.next();
    if (!message) return false;
    if (!message->text) {
      bytes_sent_ += message->data.size();
      EXPECT_LE(message->data.size(), settings_.chunk);
      EXPECT_GT(message->data.size(), 0u);
    }
    forth_.push_back({message->text, std::string(message->data)});
    return true;
  }
  bool consume() {
    const auto taken = std::min<size_t>(waiting_, random_() % (2 * settings_.chunk));
    receiver_.consumed(taken);
    waiting_ -= taken;
    const auto ack = receiver_.next();
    if (ack) back_.push_back(*ack);
    return ack || taken > 0;
  }
  bool deliver_forth() {
    if (forth_.empty()) return false;
    const auto [text, data] = forth_.front();
    forth_.pop_front();
    const bool was_complete = receiver_.complete();
    if (text) {
      const auto result = receiver_.received_text(data);
      EXPECT_TRUE(result) << result.error().detail;
    } else {
      const auto bytes = receiver_.received_bytes(data);
      EXPECT_TRUE(bytes) << bytes.error().detail;
      if (bytes) taken_ += *bytes, waiting_ += bytes->size();
    }
    completions_ += receiver_.complete() && !was_complete;
    return true;
  }
  bool deliver_back() {
    if (back_.empty()) return false;
    const auto result = sender_.received(back_.front());
    EXPECT_TRUE(result) << result.error().detail;
    back_.pop_front();
    return true;
  }
  void check() {
    EXPECT_LE(pushed_ - sender_.acknowledged(), settings_.window);
    EXPECT_LE(sender_.acknowledged() + waiting_, taken_.size());
    EXPECT_TRUE(receiver_.complete() || !sender_.done());
  }

  const std::string bytes_;
  const StreamSettings settings_;
  StreamSender sender_;
  StreamReceiver receiver_;
  std::mt19937 random_;
  std::deque<Message> forth_;
  std::deque<std::string> back_;
  std::string taken_;
  size_t pushed_ = 0, waiting_ = 0, bytes_sent_ = 0;
  bool finished_ = false;
  int completions_ = 0;
};

// All of a channel that never waits.
std::vector<std::string> messages_of(StreamSender &sender) {
  std::vector<std::string> out;
  while (const auto message = sender.next())
    out.push_back(message->text ? std::string(message->data)
                                : std::to_string(message->data.size()) + " bytes");
  return out;
}

std::string begin(size_t offset, const std::string &more = "") {
  return R"({"type":"begin","stream":")" + id + R"(","offset":)" + std::to_string(offset) + more +
         "}";
}
std::string ack(size_t received) {
  return R"({"type":"ack","received":)" + std::to_string(received) + "}";
}
using Messages = std::vector<std::string>;

TEST(StreamFraming, ArrivesBitByBit) {
  constexpr size_t chunk = 16 * kib;
  for (const size_t size :
       {size_t(0), size_t(1), chunk - 1, chunk, chunk + 1, 3 * chunk, window - 1, window,
        window + 1, 2 * window, 5 * window, 5 * window + 12345})
    for (unsigned seed = 0; seed < 5; seed++) {
      SCOPED_TRACE(std::to_string(size) + " bytes, seed " + std::to_string(seed));
      Transfer transfer(random_bytes(size), {window, chunk, {}}, seed);
      transfer.run();
      transfer.expect_complete();
      EXPECT_EQ(transfer.bytes_sent(), size);  // and none of them twice
    }
}

TEST(StreamFraming, ArrivesBitByBitInAnyChunks) {
  for (const size_t chunk : {size_t(100), size_t(1000), window, 10 * window}) {
    Transfer transfer(random_bytes(3 * window + 77), {window, chunk, {}}, 7);
    transfer.run();
    transfer.expect_complete();
  }
}

TEST(StreamFraming, SurvivesALossAtEveryPoint) {
  const StreamSettings settings{window, 8 * kib, {}};
  for (const size_t size : {size_t(0), size_t(1000), 4 * window, 4 * window + 4321})
    for (unsigned seed = 0; seed < 3; seed++) {
      size_t points = 0;
      for (bool finished = false; !finished; points++) {
        SCOPED_TRACE("after message " + std::to_string(points) + " of " + std::to_string(size));
        Transfer transfer(random_bytes(size), settings, seed);
        transfer.run(points);
        finished = transfer.sender().done();
        transfer.lose();
        transfer.run();
        transfer.expect_complete();
        EXPECT_LE(transfer.bytes_sent(), size + window);
      }
      EXPECT_GT(points, 2u + size / settings.chunk);
    }
}

TEST(StreamFraming, SurvivesManyLosses) {
  for (unsigned seed = 0; seed < 20; seed++) {
    Transfer transfer(random_bytes(5 * window), {window, 8 * kib, {}}, seed);
    std::mt19937 random(seed);
    for (int losses = 0; losses < 40; losses++) {
      transfer.run(random() % 12);
      transfer.lose();
    }
    transfer.run();
    transfer.expect_complete();
  }
}

TEST(StreamFraming, KnowsThatItWasCutShort) {
  Transfer transfer(random_bytes(2 * window), {window, 8 * kib, {}}, 1);
  EXPECT_FALSE(transfer.receiver().unfinished());  // nothing came yet
  transfer.run(12);
  transfer.lose();
  EXPECT_TRUE(transfer.receiver().began());
  EXPECT_FALSE(transfer.receiver().complete());
  EXPECT_TRUE(transfer.receiver().unfinished());
  EXPECT_FALSE(transfer.sender().done());
}

TEST(StreamFraming, WritesThePublishedMessages) {
  StreamSender sender(id, {window, 16 * kib, 20000});
  sender.push(std::string(20000, 'x'));
  sender.finish();
  EXPECT_EQ(messages_of(sender), (Messages{begin(0, R"(,"length":20000)"), "16384 bytes",
                                           "3616 bytes", R"({"type":"end","size":20000})"}));
  StreamReceiver receiver;
  ASSERT_TRUE(receiver.received_text(begin(0, R"(,"length":20000)")));
  EXPECT_EQ(receiver.length(), 20000u);
  ASSERT_TRUE(receiver.received_bytes(std::string(20000, 'x')));
  ASSERT_TRUE(receiver.received_text(R"({"type":"end","size":20000})"));
  EXPECT_FALSE(receiver.next());  // nothing is taken yet
  receiver.consumed(20000);
  EXPECT_EQ(receiver.next(), R"({"type":"ack","received":20000,"complete":true})");
  EXPECT_FALSE(receiver.next());
}

TEST(StreamFraming, LeavesTheLengthOutWhereItIsUnknown) {
  StreamSender sender(id);
  EXPECT_EQ(messages_of(sender), Messages{begin(0)});
  sender.push("abc");
  sender.finish();
  sender.resume();
  EXPECT_EQ(messages_of(sender),
            (Messages{begin(0, R"(,"length":3)"), "3 bytes", R"({"type":"end","size":3})"}));
}

TEST(StreamFraming, TakesNoMoreThanTheWindow) {
  StreamSender sender(id, {window, 16 * kib, {}});
  EXPECT_EQ(sender.push(std::string(window + 1, 'x')), window);
  EXPECT_EQ(sender.room(), 0u);
  EXPECT_EQ(messages_of(sender).size(), 5u);
  EXPECT_EQ(sender.room(), 0u);  // sent is not acknowledged
  ASSERT_TRUE(sender.received(ack(1000)));
  EXPECT_EQ(sender.room(), 1000u);
  EXPECT_EQ(sender.push("abc"), 3u);
  EXPECT_EQ(sender.room(), 997u);
  ASSERT_TRUE(sender.received(ack(500)));  // an older one says nothing new
  EXPECT_EQ(sender.room(), 997u);
  EXPECT_EQ(sender.acknowledged(), 1000u);
  sender.finish();
  EXPECT_EQ(sender.push("abc"), 0u);
  // No ack would ever come for less.
  EXPECT_EQ(StreamSender(id, {1, 1, {}}).room(), stream_ack_interval);
  EXPECT_EQ(StreamSender(id, {1ull << 40, 1, {}}).room(), stream_max_window);
}

TEST(StreamFraming, AcknowledgesWhatIsTaken) {
  StreamReceiver receiver;
  ASSERT_TRUE(receiver.received_text(begin(0)));
  ASSERT_TRUE(receiver.received_bytes(std::string(300 * kib, 'x')));
  EXPECT_FALSE(receiver.next());
  receiver.consumed(64 * kib - 1);
  EXPECT_FALSE(receiver.next());
  receiver.consumed(1);
  EXPECT_EQ(receiver.next(), ack(64 * kib));
  EXPECT_FALSE(receiver.next());
  receiver.consumed(100 * kib);
  EXPECT_EQ(receiver.next(), ack(164 * kib));
  receiver.resume();
  receiver.consumed(1000 * kib);  // more than there is
  EXPECT_FALSE(receiver.next());  // not before the sender began on the new channel
  ASSERT_TRUE(receiver.received_text(begin(64 * kib)));
  EXPECT_EQ(receiver.next(), ack(300 * kib));
}

TEST(StreamFraming, AnAckOfEverythingIsNotTheEnd) {
  StreamSender sender(id);
  sender.push(std::string(64 * kib, 'x'));
  sender.finish();
  messages_of(sender);
  sender.finish();
  EXPECT_EQ(messages_of(sender), Messages());
  ASSERT_TRUE(sender.received(ack(64 * kib)));
  EXPECT_FALSE(sender.done());
  sender.resume();
  EXPECT_EQ(messages_of(sender),
            (Messages{begin(64 * kib, R"(,"length":65536)"), R"({"type":"end","size":65536})"}));
  ASSERT_TRUE(sender.received(R"({"type":"ack","received":65536,"complete":true})"));
  EXPECT_TRUE(sender.done());
  sender.resume();
  EXPECT_EQ(messages_of(sender), Messages());
}

TEST(StreamFraming, LeavesOutWhatALateAckMakesNeedless) {
  StreamSender sender(id, {window, 16 * kib, {}});
  sender.push(std::string(window, 'x'));
  messages_of(sender);
  sender.resume();
  sender.next();
  sender.next();
  ASSERT_TRUE(sender.received(ack(40 * kib)));
  EXPECT_EQ(messages_of(sender), (Messages{begin(40 * kib), "8192 bytes", "16384 bytes"}));
}

TEST(StreamFraming, ResumesOneByteBeforeAChunkEnds) {
  StreamSender sender(id, {window, 16 * kib, {}});
  sender.push(std::string(32 * kib, 'x'));
  messages_of(sender);
  ASSERT_TRUE(sender.received(ack(16 * kib - 1)));
  sender.resume();
  EXPECT_EQ(messages_of(sender), (Messages{begin(16 * kib - 1), "1 bytes", "16384 bytes"}));
}

TEST(StreamFraming, SaysAtOnceThatEverythingWasHere) {
  StreamReceiver receiver;
  ASSERT_TRUE(receiver.received_text(begin(0)));
  ASSERT_TRUE(receiver.received_bytes("abc"));
  ASSERT_TRUE(receiver.received_text(R"({"type":"end","size":3})"));
  receiver.consumed(3);
  const auto lost = receiver.next();
  ASSERT_TRUE(lost);
  receiver.resume();
  EXPECT_FALSE(receiver.next());
  ASSERT_TRUE(receiver.received_text(begin(0)));
  EXPECT_EQ(receiver.next(), lost);
  EXPECT_FALSE(receiver.next());
}

TEST(StreamFraming, ThrowsTheOverlapAway) {
  StreamReceiver receiver;
  ASSERT_TRUE(receiver.received_text(begin(0)));
  EXPECT_EQ(*receiver.received_bytes("abcdef"), "abcdef");
  receiver.resume();
  ASSERT_TRUE(receiver.received_text(begin(2)));
  EXPECT_EQ(*receiver.received_bytes("cd"), "");
  EXPECT_EQ(*receiver.received_bytes("efgh"), "gh");
  EXPECT_EQ(*receiver.received_bytes("ij"), "ij");
  ASSERT_TRUE(receiver.received_text(R"({"type":"end","size":10})"));
  EXPECT_TRUE(receiver.complete());
  receiver.resume();
  ASSERT_TRUE(receiver.received_text(begin(8)));
  EXPECT_EQ(*receiver.received_bytes("ij"), "");
  EXPECT_EQ(receiver.received(), 10u);
}

}  // namespace
}  // namespace rtc
