#include <gtest/gtest.h>

#include <future>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "base/redact.hpp"
#include "base/ref.hpp"
#include "base/signal.hpp"
#include "base/text.hpp"

namespace rtc {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheLimit) {
  Backoff backoff(100ms, 350ms);
  EXPECT_EQ(backoff.next(0), 100ms);
  EXPECT_EQ(backoff.next(0), 200ms);
  EXPECT_EQ(backoff.next(0), 350ms);
  EXPECT_EQ(backoff.next(0), 350ms);
  backoff.reset();
  EXPECT_EQ(backoff.next(0), 100ms);
}

TEST(Backoff, JitterTakesAwayAtMostAQuarter) {
  Backoff backoff(400ms, 400ms);
  EXPECT_EQ(backoff.next(0.5), 350ms);
  EXPECT_EQ(backoff.next(1), 300ms);
  EXPECT_EQ(backoff.next(99), 300ms);
  EXPECT_EQ(backoff.next(-1), 400ms);
}

TEST(Redact, TakesSecretsOut) {
  const struct {
    const char *text, *wanted;
  } rows[] = {
      {"a=ice-pwd:hidden\r\na=mid:0", "a=ice-pwd:***\r\na=mid:0"},
      {R"({"sdp":"a=ice-pwd:hidden\r\na=x"})", R"({"sdp":"a=ice-pwd:***\r\na=x"})"},
      {R"({"credential": "hid\"den","a":1})", R"({"credential": "***","a":1})"},
      {R"({"token":"hidden"})", R"({"token":"***"})"},
      {"ws://h/?a=1&token=hidden&b=2", "ws://h/?a=1&token=***&b=2"},
      {"Authorization: Bearer hidden\r\n", "Authorization: Bearer ***\r\n"},
      {"turn:user:hidden@host:3478", "turn:user:***@host:3478"},
      {"https://user:hidden@host/", "https://user:***@host/"},
      {"nothing to hide", "nothing to hide"},
  };
  for (const auto &row : rows) EXPECT_EQ(redact(row.text), row.wanted);
}

TEST(Text, SplitsAndJoins) {
  EXPECT_EQ(split(" a, b ,,c ", ','), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(split("", ',').empty());
  EXPECT_EQ(join({"a", "b"}, "; "), "a; b");
  EXPECT_EQ(join({}, "; "), "");
  EXPECT_EQ(format("%s %d", "x", 5), "x 5");
  EXPECT_TRUE(iequals("WebSocket", "websocket"));
  EXPECT_FALSE(iequals("web", "websocket"));
}

TEST(Text, IdsDifferAndSecretsCompare) {
  EXPECT_EQ(random_id().size(), 32u);
  EXPECT_NE(random_id(), random_id());
  EXPECT_TRUE(equal_secret("abc", "abc"));
  EXPECT_FALSE(equal_secret("abc", "abd"));
  EXPECT_FALSE(equal_secret("abc", "ab"));
  EXPECT_FALSE(equal_secret("", "a"));
  EXPECT_TRUE(equal_secret("", ""));
}

TEST(Result, IsAValueOrAnError) {
  Result<int> good = 5, bad = Error{Error::Kind::refused, "no", ""};
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 5);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, Error::Kind::refused);
}

TEST(EventLoop, RunsTasksInOrderOnItsThread) {
  EventLoop loop("test");
  std::vector<int> order;
  for (int i = 0; i < 3; i++) loop.post([&order, i] { order.push_back(i); });
  loop.call([&] {
    EXPECT_TRUE(loop.is_current());
    EXPECT_EQ(g_main_context_get_thread_default(), loop.context());
    loop.call([&] { order.push_back(3); });  // at once, no dead lock
  });
  EXPECT_FALSE(loop.is_current());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(EventLoop, RunsWhatWasPostedBeforeItEnds) {
  int done = 0;
  {
    EventLoop loop("test");
    for (int i = 0; i < 100; i++) loop.post([&] { done++; });
  }
  EXPECT_EQ(done, 100);
}

TEST(EventLoop, TimersRunOnceRepeatOrNever) {
  EventLoop loop("test");
  std::promise<void> once, thrice;
  int times = 0;
  Timer single, repeated, never;
  loop.call([&] {
    single = loop.after(1ms, [&] { once.set_value(); });
    repeated = loop.every(1ms, [&] {
      if (++times == 3) {
        repeated.cancel();  // within its own task
        thrice.set_value();
      }
    });
    never = loop.after(0ms, [] { ADD_FAILURE(); });
    never.cancel();
    EXPECT_FALSE(never.active());
    EXPECT_TRUE(single.active());
  });
  EXPECT_EQ(once.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(thrice.get_future().wait_for(20s), std::future_status::ready);
  loop.call([&] {
    EXPECT_FALSE(single.active());
    EXPECT_EQ(times, 3);
    single = {};
    repeated = {};
  });
}

TEST(EventLoop, IfAliveFindsNothingWhenItsOwnerIsGone) {
  int calls = 0;
  auto owner = std::make_shared<int>(5);
  auto task =
      if_alive(std::weak_ptr<int>(owner), [&](int &value, int more) { calls += value + more; });
  task(1);
  EXPECT_EQ(calls, 6);
  owner.reset();
  task(1);
  EXPECT_EQ(calls, 6);
}

TEST(Ref, CountsReferences) {
  auto *object = G_OBJECT(g_object_new(G_TYPE_OBJECT, nullptr));
  bool gone = false;
  g_object_weak_ref(
      object, [](gpointer data, GObject *) { *static_cast<bool *>(data) = true; }, &gone);
  {
    auto first = adopt(object);
    auto second = share(first.get());
    auto third = first;
    EXPECT_TRUE(first == third);
    EXPECT_EQ(object->ref_count, 3u);
    auto moved = std::move(second);
    EXPECT_FALSE(second);
    EXPECT_EQ(object->ref_count, 3u);
    third = nullptr;
    EXPECT_EQ(object->ref_count, 2u);
    g_object_unref(moved.release());
    EXPECT_FALSE(gone);
  }
  EXPECT_TRUE(gone);
}

TEST(WeakSignal, ALateEmissionFindsNothing) {
  auto cancellable = adopt(g_cancellable_new());
  auto owner = std::make_shared<int>(0);
  connect_weak<void(GCancellable *)>(cancellable.get(), "cancelled", std::weak_ptr<int>(owner),
                                     [](int &count, GCancellable *) { count++; });
  g_signal_emit_by_name(cancellable.get(), "cancelled");
  EXPECT_EQ(*owner, 1);
  const std::weak_ptr<int> watch = owner;
  owner.reset();
  EXPECT_TRUE(watch.expired());  // the closure holds it weakly
  g_signal_emit_by_name(cancellable.get(), "cancelled");
}

}  // namespace
}  // namespace rtc
