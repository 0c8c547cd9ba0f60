#include "base/event_loop.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

namespace rtc {

// The timers that have not run yet, so that the loop can end them while its context is whole: GLib
// frees sources that are destroyed by another source's end wrongly once the context goes.
struct EventLoop::Timers {
  std::mutex mutex;  // guards alive: a timer may be cancelled by any thread
  std::set<GSource *> alive;

  void end_all() {
    while (true) {
      Ref<GSource> source;
      {
        std::lock_guard lock(mutex);
        if (alive.empty()) return;
        source = share(*alive.begin());
        alive.erase(alive.begin());
      }
      g_source_destroy(source.get());
    }
  }
};

namespace {

struct Task {
  std::function<void()> run;
  bool repeat;
  std::function<void()> gone = nullptr;

  ~Task() {
    if (gone) gone();
  }
};

// GLib calls this with no C++ frame above it: an exception must end here.
gboolean dispatch(gpointer data) noexcept {
  auto *task = static_cast<Task *>(data);
  task->run();
  return task->repeat ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void attach_source(GSource *source, GMainContext *context, std::function<void()> run, bool repeat,
                   std::function<void()> gone = nullptr) {
  g_source_set_callback(source, dispatch, new Task{std::move(run), repeat, std::move(gone)},
                        [](gpointer data) { delete static_cast<Task *>(data); });
  g_source_attach(source, context);
}

}  // namespace

void Timer::cancel() {
  if (source_) g_source_destroy(source_.get());
  source_.reset();
}

EventLoop::EventLoop(const char *thread_name)
    : timers_(std::make_shared<Timers>()),
      context_(adopt(g_main_context_new())),
      loop_(adopt(g_main_loop_new(context_.get(), FALSE))) {
  thread_ = std::thread(
      [context = context_, loop = loop_, timers = timers_, name = std::string(thread_name)] {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        g_main_context_push_thread_default(context.get());
        g_main_loop_run(loop.get());
        // What is still queued runs too: it may hold the last references to sockets and elements.
        while (g_main_context_iteration(context.get(), FALSE)) {
        }
        timers->end_all();
        g_main_context_pop_thread_default(context.get());
      });
}

EventLoop::~EventLoop() {
  post([loop = loop_] { g_main_loop_quit(loop.get()); });
  thread_.join();
}

void EventLoop::post(std::function<void()> task) {
  auto source = adopt(g_idle_source_new());
  g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
  attach_source(source.get(), context_.get(), std::move(task), false);
}

void EventLoop::call(const std::function<void()> &task) {
  if (is_current()) return task();
  std::mutex mutex;  // guards done
  std::condition_variable ready;
  bool done = false;
  post([&] {
    task();
    std::lock_guard lock(mutex);
    done = true;
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return done; });
}

Timer EventLoop::after(milliseconds delay, std::function<void()> task) {
  return attach(delay, false, std::move(task));
}

Timer EventLoop::every(milliseconds period, std::function<void()> task) {
  return attach(period, true, std::move(task));
}

Timer EventLoop::attach(milliseconds delay, bool repeat, std::function<void()> task) {
  const auto time = static_cast<guint>(std::max<long>(delay.count(), 0));
  const bool whole = repeat && time > 0 && time % 1000 == 0;
  auto source =
      adopt(whole ? g_timeout_source_new_seconds(time / 1000) : g_timeout_source_new(time));
  {
    std::lock_guard lock(timers_->mutex);
    timers_->alive.insert(source.get());
  }
  attach_source(source.get(), context_.get(), std::move(task), repeat,
                [timers = timers_, key = source.get()] {
                  std::lock_guard lock(timers->mutex);
                  timers->alive.erase(key);
                });
  return Timer(std::move(source));
}

}  // namespace rtc
