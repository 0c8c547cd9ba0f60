// The line protocol between rtc-bench and the processes it starts, over their standard input and
// output: one JSON object per line from the child, one word per line to it. The end of standard
// input ends the child, so that none outlives its parent.
//
// Threads: the main thread of each process.
#pragma once

#include <json-glib/json-glib.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ref.hpp"

namespace rtc::bench {

using JsonPtr = std::unique_ptr<JsonNode, Freer<json_node_unref>>;

// The parent's end: a process of this program, killed with its owner.
class Child {
 public:
  // `program` is looked for in PATH; empty: this one.
  static Result<std::unique_ptr<Child>> start(const std::vector<std::string> &arguments,
                                              const std::string &program = "");
  ~Child();
  // Tells it to end; what it still says can be heard.
  void end_input();
  Child(const Child &) = delete;

  pid_t pid() const { return pid_; }
  void tell(const char *word);
  // The next line; an Error when the child ends or is silent for too long.
  Result<JsonPtr> hear(milliseconds deadline);
  Result<JsonPtr> ask(const char *word, milliseconds deadline) {
    tell(word);
    return hear(deadline);
  }

 private:
  Child(pid_t pid, int in, int out) : pid_(pid), in_(in), out_(out) {}

  const pid_t pid_;
  int in_;
  const int out_;
  std::string received_;
};

// The child's end: prepares the process, and speaks.
void become_child();
void say(JsonBuilder *object);
// Blocks; empty when the parent is gone.
std::string next_word();

}  // namespace rtc::bench
