#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

#include "view.h"

/*
 * Accesses by pointer, for what a kernel call cannot do (a CPU atomic, one store a value). Where the
 * object was cut, such an access raises SIGBUS; it is raised on the thread that made the access, in
 * the instruction itself, and leaving its handler by siglongjmp is what POSIX allows then, on any
 * CPU: between setting the guard and the access there is no call that could be left half-done.
 *
 * A signal's disposition belongs to the whole process, so this is the one piece of global state
 * here: installed when it is first needed, and passing on what is not ours to whoever was there.
 */

typedef struct guard {
    uintptr_t start;
    uintptr_t end;
    sigjmp_buf recovery;
} guard;

/* The range that this thread accesses; the handler runs on the same thread. */
static _Thread_local guard *volatile guarded;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct sigaction previous;
static int refusal;

/* Restores the action that was there before ours. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(number);
    } else {
        (void)sigaction(number, &previous, NULL);
        if (info->si_code <= 0) {
            (void)raise(number); /* sent by a process: a fault would come again by itself */
        }
    }
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    guard *mine = guarded;
    const uintptr_t address = (uintptr_t)info->si_addr;
    if (mine == NULL || info->si_code <= 0 || address < mine->start || address >= mine->end) {
        pass_on(number, info, context);
        return;
    }
    guarded = NULL;
    const ucontext_t *interrupted = context; /* an ordinary return would restore the signal mask */
    (void)pthread_sigmask(SIG_SETMASK, &interrupted->uc_sigmask, NULL);
    siglongjmp(mine->recovery, 1);
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    refusal = sigaction(SIGBUS, &action, &previous) != 0 ? errno : 0;
}

section_status os_touch(const os_section *object, uint8_t *address, size_t length_bytes,
                        bool writes, os_access *access, void *context, section_error *ret_error)
{
    guard mine = {.start = (uintptr_t)address, .end = (uintptr_t)address + length_bytes};
    (void)writes;
    (void)pthread_once(&once, install);
    if (refusal != 0) {
        return section_fail_os(ret_error, "sigaction", SECTION_OS_ERRNO, (uint32_t)refusal,
                               "memory that may vanish cannot be guarded");
    }
    if (sigsetjmp(mine.recovery, 0) != 0) {
        return view_lacks_memory(object)
                   ? section_fail(ret_error, SECTION_NO_MEMORY,
                                  "there is no memory or disk space behind these bytes")
                   : section_fail(ret_error, SECTION_GONE, "the memory went away under the view");
    }
    guarded = &mine;
    atomic_signal_fence(memory_order_seq_cst); /* the access stays between the two */
    access(context);
    atomic_signal_fence(memory_order_seq_cst);
    guarded = NULL;
    return SECTION_OK;
}
