#include <pthread.h>

#include "identify.h"
#include "view.h"

/*
 * Accesses by pointer, for what a system call cannot do (a CPU atomic, one store a value). Where
 * memory is missing, such an access raises an exception, and gcc has no __try. A vectored handler
 * may change the context that the thread goes on with: it puts in one that was captured before the
 * access, and the kernel resumes there. No frame is unwound, none is left half-done: between the
 * capture and the access there is nothing but the access.
 *
 * Handlers belong to the whole process, so this is the one piece of global state here: installed
 * when it is first needed, and looking only at addresses that the same thread has under guard. The
 * thread's guard is kept by TlsSetValue, since a handler must not allocate, as a thread-local
 * variable of gcc may.
 */

typedef struct guard {
    uintptr_t start;
    uintptr_t end;
    volatile bool faulted;
    CONTEXT recovery;
} guard;

/* It returns again when the handler puts its context in: the compiler has to know. */
NTSYSAPI void NTAPI RtlCaptureContext(PCONTEXT context) __attribute__((returns_twice));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static DWORD slot = TLS_OUT_OF_INDEXES;
static DWORD refusal;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *exception)
{
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    if ((record->ExceptionCode != (DWORD)EXCEPTION_ACCESS_VIOLATION &&
         record->ExceptionCode != (DWORD)EXCEPTION_IN_PAGE_ERROR) ||
        record->NumberParameters < 2) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    const DWORD last_error = GetLastError(); /* TlsGetValue sets it, and this is amid any code */
    guard *mine = TlsGetValue(slot);
    SetLastError(last_error);
    const uintptr_t address = record->ExceptionInformation[1];
    if (mine == NULL || address < mine->start || address >= mine->end) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    mine->faulted = true;
    *exception->ContextRecord = mine->recovery;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void install(void)
{
    slot = TlsAlloc();
    if (slot == TLS_OUT_OF_INDEXES || AddVectoredExceptionHandler(1, on_exception) == NULL) {
        refusal = GetLastError();
        refusal = refusal != 0 ? refusal : ERROR_NOT_ENOUGH_MEMORY;
    }
}

/* A function of its own, so that nothing else of ours lives on both sides of the second return. */
static __attribute__((noinline)) void try_access(guard *mine, os_access *access, void *context)
{
    RtlCaptureContext(&mine->recovery);
    if (!mine->faulted) {
        (void)TlsSetValue(slot, mine);
        access(context);
    }
    (void)TlsSetValue(slot, NULL);
}

section_status os_touch(const os_section *object, uint8_t *address, size_t length_bytes,
                        bool writes, os_access *access, void *context, section_error *ret_error)
{
    guard mine = {.start = (uintptr_t)address, .end = (uintptr_t)address + length_bytes};
    (void)pthread_once(&once, install);
    if (refusal != 0) {
        return section_fail_os(ret_error, "AddVectoredExceptionHandler", SECTION_OS_WIN32, refusal,
                               "memory that may vanish cannot be guarded");
    }
    if (writes && object->reserve) {
        section_status status = view_commit(object, address, length_bytes, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    try_access(&mine, access, context);
    return mine.faulted
               ? section_fail(ret_error, SECTION_GONE, "the memory went away under the view")
               : SECTION_OK;
}
