#include "../harness.h"

#include "forked.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

int in_fork(int (*check)(const void *argument), const void *argument)
{
    int line = -1;
    int status;
    int result[2];
    assert_return_code(pipe2(result, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_return_code(pid, errno);
    if (pid == 0) {
        line = check(argument);
        _exit(write(result[1], &line, sizeof line) == (ssize_t)sizeof line ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(result[1]);
    if (read(result[0], &line, sizeof line) != (ssize_t)sizeof line) {
        line = -1; /* it crashed */
    }
    (void)close(result[0]);
    return line;
}

bool become_nobody(void)
{
    return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
                              setresuid(65534, 65534, 65534) == 0);
}
