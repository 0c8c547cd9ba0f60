#include "child_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "base/text.hpp"

namespace rtc::bench {

namespace {
constexpr auto quit_deadline = milliseconds(5000);

Error failed(std::string message, std::string detail) {
  return {Error::Kind::failed, std::move(message), std::move(detail)};
}
}  // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string> &arguments,
                                            const std::string &program) {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
    return failed("No pipe can be made; the limit of open files is too low (ulimit -n).", "pipe2");
  std::vector<char *> argv{const_cast<char *>("rtc-bench")};
  for (const auto &argument : arguments) argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  const auto parent = getpid();
  const auto pid = fork();
  if (pid == 0) {
    // Another program may have processes of its own to end first.
    prctl(PR_SET_PDEATHSIG, program.empty() ? SIGKILL : SIGTERM);
    if (getppid() != parent) _exit(1);
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    if (program.empty())
      execv("/proc/self/exe", argv.data());
    else
      execvp(program.c_str(), argv.data());
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  if (pid < 0) {
    close(to[1]);
    close(from[0]);
    return failed("No process can be started.", "fork");
  }
  return std::unique_ptr<Child>(new Child(pid, to[1], from[0]));
}

void Child::end_input() {
  if (in_ >= 0) close(in_);
  in_ = -1;
}

Child::~Child() {
  end_input();
  const auto deadline = Clock::now() + quit_deadline;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  close(out_);
}

void Child::tell(const char *word) {
  const auto line = std::string(word) + "\n";
  // A child that is gone shows in hear().
  if (write(in_, line.data(), line.size()) < 0) return;
}

Result<JsonPtr> Child::hear(milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  size_t end;
  while ((end = received_.find('\n')) == std::string::npos) {
    const auto left = duration_cast<milliseconds>(until - Clock::now()).count();
    pollfd entry{out_, POLLIN, 0};
    if (left <= 0 || poll(&entry, 1, static_cast<int>(left)) == 0)
      return failed(format("A process of the benchmark did not answer within %ld s.",
                           static_cast<long>(deadline.count() / 1000)),
                    "poll");
    char bytes[4096];
    const auto count = read(out_, bytes, sizeof bytes);
    if (count <= 0)
      return failed("A process of the benchmark ended early; its reason is above.", "read");
    received_.append(bytes, static_cast<size_t>(count));
  }
  const auto line = received_.substr(0, end);
  received_.erase(0, end + 1);
  JsonPtr json(json_from_string(line.c_str(), nullptr));
  if (!json) return failed("A process of the benchmark answered nonsense.", line);
  return json;
}

void become_child() {
  signal(SIGINT, SIG_IGN);  // the end of standard input ends us
  signal(SIGPIPE, SIG_IGN);
}

void say(JsonBuilder *object) {
  const JsonPtr root(json_builder_get_root(object));
  const CharPtr text(json_to_string(root.get(), FALSE));
  printf("%s\n", text.get());
  fflush(stdout);
}

std::string next_word() {
  std::string line;
  return std::getline(std::cin, line) ? line : std::string();
}

}  // namespace rtc::bench
