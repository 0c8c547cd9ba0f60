// A child process of a test: killed with everything it started when it goes out of scope.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace rtc::test {

class Process {
 public:
  // `arguments[0]` is looked up in PATH. Its output goes to `log` (a file), nowhere when empty.
  explicit Process(const std::vector<std::string> &arguments, const std::string &log = "") {
    pid_ = fork();
    if (pid_ != 0) return;
    setpgid(0, 0);
    const int out =
        open(log.empty() ? "/dev/null" : log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, 1);
    dup2(out, 2);
    std::vector<char *> argv;
    for (const auto &argument : arguments) argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  ~Process() { kill(SIGKILL); }
  Process(const Process &) = delete;

  pid_t pid() const { return pid_; }
  // Sends the signal to the process group and waits for its end.
  void kill(int signal) {
    if (pid_ <= 0) return;
    setpgid(pid_, pid_);
    ::kill(-pid_, signal);
    ::kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

// gst-launch-1.0 with a description as one would type it.
inline std::vector<std::string> gst_launch(const std::string &description) {
  return {"sh", "-c", "exec gst-launch-1.0 -q " + description};
}

}  // namespace rtc::test
