#include "net/web_socket.hpp"

#include <array>
#include <deque>

#include "base/text.hpp"

namespace rtc {

namespace {

constexpr size_t read_size = 16 * 1024;
constexpr int reads_at_a_time = 4;       // then the other connections have their turn
constexpr seconds goodbye_time{1};       // for the other side to read our last words
constexpr milliseconds tolerance{1000};  // of timers with a period of whole seconds

}  // namespace

// Outlives the WebSocket by the goodbye: the timer of the goodbye holds the last reference then.
class WebSocket::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(EventLoop &loop, OpenStream stream, Role role, Limits limits, Listener &listener)
      : loop_(loop),
        open_(std::move(stream)),
        limits_(limits),
        client_(role == Role::client),
        listener_(&listener),
        reader_(role == Role::server, limits.max_message) {}
  ~Core() { shut(); }

  void start() {
    ping_ =
        loop_.every(limits_.ping_interval, if_alive(weak_from_this(), [](Core &c) { c.tick(); }));
    reader_.feed(std::exchange(open_.early, {}));
    // What came early is read in the first turn of the loop, when the owner is ready for it.
    turn_ = loop_.after(milliseconds(0), if_alive(weak_from_this(), [](Core &c) { c.readable(); }));
  }

  void send(WsMessage::Type type, std::string_view payload) {
    if (closing_ || broken_) return;
    const auto mask = client_ ? g_random_int() : 0;
    push(ws_frame(type, payload, client_ ? &mask : nullptr));
  }

  // Our last words; the stream stays until the other side has had time to read them.
  void close(unsigned code, std::string_view why) {
    listener_ = nullptr;
    if (closing_) return;
    const auto mask = client_ ? g_random_int() : 0;
    if (!broken_) push(ws_close_frame(code, why, client_ ? &mask : nullptr));
    closing_ = true;
    ping_.cancel();
    deadline_.cancel();
    turn_ = loop_.after(goodbye_time, [self = shared_from_this()] { self->shut(); });
    if (broken_ || heard_close_) shut();
  }

  size_t queued() const { return queued_; }

 private:
  void watch(bool output);
  void readable();
  void writable();
  bool read_some();
  void deliver();
  void deliver(const WsMessage &message);
  void push(std::string frame);
  void tick();
  void end(unsigned code, const std::string &why);
  void end_soon(const std::string &why);
  void shut();

  EventLoop &loop_;
  OpenStream open_;
  Limits limits_;
  bool client_;
  Listener *listener_;
  WsReader reader_;
  std::deque<std::string> queue_;
  size_t sent_of_first_ = 0;
  size_t queued_ = 0;
  TimePoint heard_ = Clock::now();
  bool closing_ = false;      // our close frame is queued or sent
  bool heard_close_ = false;  // theirs came
  bool broken_ = false;       // nothing can be sent any more
  Ref<GSource> input_;
  Ref<GSource> output_;
  Timer ping_;
  Timer deadline_;  // while it comes before the next ping
  Timer turn_;
};

void WebSocket::Core::watch(bool output) {
  auto &source = output ? output_ : input_;
  if (source) g_source_destroy(source.get());
  source.reset();
  if (!open_.stream) return;
  auto *stream = open_.stream.get();
  source =
      adopt(output ? g_pollable_output_stream_create_source(
                         G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(stream)), nullptr)
                   : g_pollable_input_stream_create_source(
                         G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(stream)), nullptr));
  struct Weak {
    std::weak_ptr<Core> core;
    bool output;
  };
  const GPollableSourceFunc ready = [](GObject *, gpointer data) -> gboolean {
    const Weak weak = *static_cast<Weak *>(data);
    if (auto core = weak.core.lock()) weak.output ? core->writable() : core->readable();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source.get(), reinterpret_cast<GSourceFunc>(ready),
                        new Weak{weak_from_this(), output},
                        [](gpointer data) { delete static_cast<Weak *>(data); });
  g_source_attach(source.get(), loop_.context());
}

void WebSocket::Core::readable() {
  const auto keep = shared_from_this();
  deliver();
  for (int i = 0; i < reads_at_a_time && open_.stream && !heard_close_; i++)
    if (!read_some()) break;
  // Made anew each time: only a new source sees what a layer below has read ahead.
  watch(false);
}

// One read; false when there is nothing more for now.
bool WebSocket::Core::read_some() {
  std::array<char, read_size> buffer;
  GError *raw = nullptr;
  const auto count = g_pollable_input_stream_read_nonblocking(
      G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(open_.stream.get())), buffer.data(),
      buffer.size(), nullptr, &raw);
  const ErrorPtr error(raw);
  if (count <= 0) {
    if (error && g_error_matches(raw, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) return false;
    // A write that failed took the socket's error with it: what is left reads as an orderly end.
    if (std::exchange(broken_, true)) return false;
    if (!error || g_error_matches(raw, G_TLS_ERROR, G_TLS_ERROR_EOF))
      end(ws_going_away, "the other side closed the connection");
    else
      end(ws_abnormal, error->message);
    return false;
  }
  heard_ = Clock::now();
  if (reader_.error()) return true;  // only drained, so that our close frame is not lost to a reset
  reader_.feed(std::string_view(buffer.data(), static_cast<size_t>(count)));
  deliver();
  return true;
}

void WebSocket::Core::deliver() {
  while (open_.stream) {
    const auto message = reader_.next();
    if (!message) break;
    deliver(*message);
  }
  if (reader_.error() && !closing_) end(reader_.error(), reader_.problem());
}

void WebSocket::Core::deliver(const WsMessage &message) {
  switch (message.type) {
    case WsMessage::Type::ping:
      return send(WsMessage::Type::pong, message.payload);
    case WsMessage::Type::pong:
      return;
    case WsMessage::Type::text:
      if (listener_) listener_->text(message.payload);
      return;
    case WsMessage::Type::binary:
      if (listener_) listener_->binary();
      return;
    case WsMessage::Type::close:
      break;
  }
  heard_close_ = true;
  if (closing_) return shut();
  end(message.code, message.payload.empty() ? "closed by the other side" : message.payload);
}

void WebSocket::Core::push(std::string frame) {
  queued_ += frame.size();
  queue_.push_back(std::move(frame));
  if (queued_ > limits_.max_queue) return end_soon("it does not read what it is sent");
  if (queue_.size() == 1) writable();
}

void WebSocket::Core::writable() {
  while (!queue_.empty() && open_.stream) {
    const auto &frame = queue_.front();
    GError *raw = nullptr;
    const auto count = g_pollable_output_stream_write_nonblocking(
        G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(open_.stream.get())),
        frame.data() + sent_of_first_, frame.size() - sent_of_first_, nullptr, &raw);
    const ErrorPtr error(raw);
    if (count < 0 && g_error_matches(raw, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      if (!output_) watch(true);
      return;
    }
    if (count < 0) return end_soon(error->message);
    sent_of_first_ += static_cast<size_t>(count);
    queued_ -= static_cast<size_t>(count);
    if (sent_of_first_ < frame.size()) continue;
    queue_.pop_front();
    sent_of_first_ = 0;
  }
  if (output_) g_source_destroy(output_.get());
  output_.reset();
}

void WebSocket::Core::tick() {
  const auto silence = duration_cast<milliseconds>(Clock::now() - heard_);
  if (silence >= limits_.silence) {
    broken_ = true;
    return end(ws_abnormal, "it answers no ping");
  }
  if (limits_.silence - silence < limits_.ping_interval)
    deadline_ = loop_.after(limits_.silence - silence,
                            if_alive(weak_from_this(), [](Core &c) { c.tick(); }));
  if (silence + tolerance >= limits_.ping_interval) send(WsMessage::Type::ping, "");
}

// Tells the listener, which may destroy the WebSocket, and says goodbye.
void WebSocket::Core::end(unsigned code, const std::string &why) {
  if (closing_) return shut();
  const auto keep = shared_from_this();
  auto *listener = std::exchange(listener_, nullptr);
  close(code == ws_no_status ? unsigned(ws_normal) : code, why);
  if (listener) listener->closed(code, why);
}

// The same from within send(), which never calls back.
void WebSocket::Core::end_soon(const std::string &why) {
  if (std::exchange(broken_, true)) return;
  queue_.clear();
  queued_ = sent_of_first_ = 0;
  turn_ = loop_.after(milliseconds(0),
                      if_alive(weak_from_this(), [why](Core &c) { c.end(ws_abnormal, why); }));
}

void WebSocket::Core::shut() {
  const auto timer = std::move(turn_);  // it may hold the last reference
  ping_.cancel();
  deadline_.cancel();
  for (auto *source : {&input_, &output_}) {
    if (*source) g_source_destroy(source->get());
    source->reset();
  }
  // The socket itself: closing a TLS stream would wait for the other side.
  if (open_.socket) g_socket_close(open_.socket.get(), nullptr);
  open_ = {};
}

WebSocket::WebSocket(EventLoop &loop, OpenStream stream, Role role, Limits limits,
                     Listener &listener)
    : core_(std::make_shared<Core>(loop, std::move(stream), role, limits, listener)) {
  core_->start();
}

WebSocket::~WebSocket() { core_->close(ws_going_away, "going away"); }

void WebSocket::send(std::string_view text) { core_->send(WsMessage::Type::text, text); }

void WebSocket::close(unsigned code, std::string_view why) { core_->close(code, why); }

size_t WebSocket::queued() const { return core_->queued(); }

}  // namespace rtc
