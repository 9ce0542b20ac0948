#include "handles.h"

#include <stdlib.h>

#include <section_windows/cleanup.h>

/*
 * Two ways to a process's handles. ProcessHandleInformation tells one process's and is there from
 * Windows 8 on; SystemExtendedHandleInformation tells everybody's, in every version and in Wine.
 * Both return rows with a type index, so only handles of sections are ever queried: asking a pipe's
 * handle for its name may hang for ever. The index is not a constant; it is taken from the row of a
 * section of our own.
 */
enum { PROCESS_HANDLE_INFORMATION = 51, SYSTEM_EXTENDED_HANDLE_INFORMATION = 64 };

/*
 * A call with too little room costs the system as much as one that succeeds. So the first one has
 * room for one process, or for a small system's 26,000 handles. No system has a gigabyte of rows.
 */
enum { PROCESS_BYTES = 1 << 16, SYSTEM_BYTES = 1 << 20, MOST_BYTES = 1 << 30 };

typedef struct process_row {
    HANDLE handle;
    ULONG_PTR handle_count;
    ULONG_PTR pointer_count;
    ULONG access;
    ULONG type_index;
    ULONG attributes;
    ULONG reserved;
} process_row;

typedef struct system_row {
    void *object; /* NULL in Wine, and from Windows 11 on without SeDebugPrivilege */
    ULONG_PTR pid;
    ULONG_PTR handle;
    ULONG access;
    USHORT backtrace_index;
    USHORT type_index;
    ULONG attributes;
    ULONG reserved;
} system_row;

/** The header before the rows, in both formats. */
typedef struct row_head {
    ULONG_PTR count;
    ULONG_PTR reserved;
} row_head;

_Static_assert(sizeof(system_row) == 40 && sizeof(process_row) == 40 && sizeof(row_head) == 16,
               "the layout of 64-bit Windows");

/* Asks with a growing buffer; `process` NULL: for the whole system. */
static NTSTATUS fill(HANDLE process, row_head **ret_rows, size_t *ret_bytes)
{
    ULONG capacity = process != NULL ? PROCESS_BYTES : SYSTEM_BYTES;
    for (;;) {
        ULONG needed = 0;
        row_head *rows = malloc(capacity);
        if (rows == NULL) {
            return STATUS_NO_MEMORY;
        }
        NTSTATUS status =
            process != NULL
                ? NtQueryInformationProcess(process, (PROCESSINFOCLASS)PROCESS_HANDLE_INFORMATION,
                                            rows, capacity, &needed)
                : NtQuerySystemInformation(
                      (SYSTEM_INFORMATION_CLASS)SYSTEM_EXTENDED_HANDLE_INFORMATION, rows, capacity,
                      &needed);
        if (NT_SUCCESS(status)) {
            *ret_rows = rows;
            *ret_bytes = capacity;
            return status;
        }
        free(rows);
        if (status != STATUS_INFO_LENGTH_MISMATCH || capacity >= MOST_BYTES) {
            return status;
        }
        /*
         * More than the system needed a moment ago, because other processes open handles in the
         * meantime.
         */
        capacity =
            needed > capacity && needed < MOST_BYTES / 2 ? needed + needed / 4 : capacity * 2;
    }
}

static NTSTATUS take_rows(HANDLE process, DWORD pid, handles *self)
{
    row_head *rows;
    size_t bytes;
    NTSTATUS status = fill(process, &rows, &bytes);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    const size_t room = (bytes - sizeof *rows) / sizeof(system_row);
    *self = (handles){
        .rows = rows,
        .count = rows->count < room ? (size_t)rows->count : room,
        .of_system = process == NULL,
        .pid = pid,
    };
    return status;
}

/* Reads row `i`, whichever kind it is of; false: it is another process's. */
static bool read_row(const handles *self, size_t i, handle_row *ret_row, ULONG *ret_type)
{
    const row_head *head = self->rows;
    if (self->of_system) {
        const system_row *row = (const system_row *)(const void *)(head + 1) + i;
        *ret_row = (handle_row){row->handle, row->access, (DWORD)row->pid};
        *ret_type = row->type_index;
        return self->of_all || row->pid == self->pid;
    }
    const process_row *row = (const process_row *)(const void *)(head + 1) + i;
    *ret_row = (handle_row){(uint64_t)(uintptr_t)row->handle, row->access, (DWORD)self->pid};
    *ret_type = row->type_index;
    return true;
}

/* The type index of our section `probe`, whose row is among them; 0: it is not. */
static ULONG find_type(const handles *self, HANDLE probe)
{
    handles own = *self; /* the same rows; nothing is freed here */
    own.pid = GetCurrentProcessId();
    own.of_all = false;
    for (size_t i = 0; i < own.count; i++) {
        handle_row row;
        ULONG type;
        if (read_row(&own, i, &row, &type) && row.handle == (uint64_t)(uintptr_t)probe) {
            return type;
        }
    }
    return 0;
}

static NTSTATUS take_of_process(HANDLE process, DWORD pid, HANDLE probe, handles *self)
{
    handles own;
    NTSTATUS status = take_rows(GetCurrentProcess(), GetCurrentProcessId(), &own);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    const ULONG type = find_type(&own, probe);
    handles_free(&own);
    status = take_rows(process, pid, self);
    self->section_type = NT_SUCCESS(status) ? type : 0;
    return status;
}

/* In the list of the whole system, with rows of all processes or of one. */
static NTSTATUS take_of_system(DWORD pid, HANDLE probe, handles *self)
{
    NTSTATUS status = take_rows(NULL, pid, self);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    self->section_type = find_type(self, probe);
    return status;
}

/* Takes rows of one process, or of all where `process` is NULL; `probe` is a section of ours. */
static section_status take_with(HANDLE probe, HANDLE process, DWORD pid, handles *ret_handles,
                                section_error *ret_error)
{
    handles taken = {0};
    const char *call = "NtQueryInformationProcess";
    NTSTATUS status =
        process != NULL ? take_of_process(process, pid, probe, &taken) : STATUS_NOT_IMPLEMENTED;
    if (!NT_SUCCESS(status)) {
        call = "NtQuerySystemInformation";
        status = take_of_system(pid, probe, &taken);
    }
    if (!NT_SUCCESS(status)) {
        return section_fail_os(ret_error, call, SECTION_OS_NTSTATUS, (uint32_t)status,
                               "the handles cannot be listed");
    }
    if (taken.section_type == 0) {
        handles_free(&taken);
        return section_fail(ret_error, SECTION_OS_ERROR,
                            "the list of handles does not have our own: sections cannot be told");
    }
    taken.of_all = process == NULL;
    taken.left_out = pid == GetCurrentProcessId() ? probe : NULL;
    *ret_handles = taken;
    return SECTION_OK;
}

section_status handles_take(HANDLE process, DWORD pid, handles *ret_handles,
                            section_error *ret_error)
{
    _cleanup_handle_ HANDLE probe =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 1, NULL);
    if (probe == NULL) {
        return section_fail_os(ret_error, "CreateFileMappingW", SECTION_OS_WIN32, GetLastError(),
                               "no section can be made to tell sections by");
    }
    return take_with(probe, process, pid, ret_handles, ret_error);
}

section_status handles_take_all(handles *ret_handles, section_error *ret_error)
{
    return handles_take(NULL, GetCurrentProcessId(), ret_handles, ret_error);
}

bool handles_next(handles *self, handle_row *ret_row)
{
    while (self->next < self->count) {
        ULONG type;
        if (read_row(self, self->next++, ret_row, &type) && type == self->section_type &&
            !(ret_row->pid == GetCurrentProcessId() &&
              ret_row->handle == (uint64_t)(uintptr_t)self->left_out)) {
            return true;
        }
    }
    return false;
}

void handles_free(handles *self)
{
    free(self->rows);
    self->rows = NULL;
}
