#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unseen.h"
#include "handles.h"
#include "privilege.h"
#include <section_windows/cleanup.h>
#include <section_windows/wide.h>

/* Room for as many units as a command line of 4 KiB has, and for names of accounts. */
enum {
    PROCESS_COMMAND_LINE_INFORMATION = 60,
    COMMAND_UNITS = 4096,
    USER_BYTES = 1024,
    ACCOUNT_UNITS = 256
};

typedef struct walk {
    const process_search *options;
    process_sharer_visitor *visit;
    void *context;
    const handles *handles;
    unseen unseen; /* counts processes */
} walk;

static uint64_t count_sections(const handles *all, DWORD pid)
{
    handles copy = *all;
    handle_row row;
    uint64_t count = 0;
    copy.next = 0;
    while (handles_next(&copy, &row)) {
        count += row.pid == pid ? 1 : 0;
    }
    return count;
}

/* From Windows 8.1 on, without a look into the process's memory. */
static bool ask_command(HANDLE process, char *ret_text, size_t capacity)
{
    const ULONG room = sizeof(UNICODE_STRING) + 2 * 32768;
    ULONG needed = 0;
    _cleanup_free_ UNICODE_STRING *text = malloc(room);
    if (text == NULL ||
        !NT_SUCCESS(NtQueryInformationProcess(
            process, (PROCESSINFOCLASS)PROCESS_COMMAND_LINE_INFORMATION, text, room, &needed))) {
        return false;
    }
    const size_t units = text->Length / sizeof(wchar_t);
    utf8_from_wide(text->Buffer, units < COMMAND_UNITS ? units : COMMAND_UNITS, ret_text, capacity);
    return true;
}

/*
 * For systems that do not report it: reads the process's own memory, whose contents are not
 * trusted.
 */
static bool copy_command(HANDLE process, char *ret_text, size_t capacity)
{
    PROCESS_BASIC_INFORMATION basic;
    PEB peb;
    RTL_USER_PROCESS_PARAMETERS parameters;
    ULONG needed;
    wchar_t text[COMMAND_UNITS];
    if (!NT_SUCCESS(NtQueryInformationProcess(process, ProcessBasicInformation, &basic,
                                              sizeof basic, &needed)) ||
        !ReadProcessMemory(process, basic.PebBaseAddress, &peb, sizeof peb, NULL) ||
        !ReadProcessMemory(process, peb.ProcessParameters, &parameters, sizeof parameters, NULL)) {
        return false;
    }
    const size_t told = parameters.CommandLine.Length / sizeof text[0];
    const size_t units = told < COMMAND_UNITS ? told : COMMAND_UNITS;
    if (!ReadProcessMemory(process, parameters.CommandLine.Buffer, text, units * sizeof text[0],
                           NULL)) {
        return false;
    }
    utf8_from_wide(text, units, ret_text, capacity);
    return true;
}

static const char *read_command(HANDLE process, char *ret_text, size_t capacity)
{
    return ask_command(process, ret_text, capacity) || copy_command(process, ret_text, capacity)
               ? ret_text
               : NULL;
}

static const char *read_user(HANDLE process, char *ret_text, size_t capacity)
{
    union {
        TOKEN_USER user;
        unsigned char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } owner;
    wchar_t name[ACCOUNT_UNITS];
    wchar_t domain[ACCOUNT_UNITS];
    DWORD name_units = ACCOUNT_UNITS;
    DWORD domain_units = ACCOUNT_UNITS;
    SID_NAME_USE kind;
    DWORD needed;
    char shown_domain[3 * ACCOUNT_UNITS];
    char shown_name[3 * ACCOUNT_UNITS];
    HANDLE opened;
    if (!OpenProcessToken(process, TOKEN_QUERY, &opened)) {
        return NULL;
    }
    _cleanup_handle_ HANDLE token = opened;
    if (!GetTokenInformation(token, TokenUser, &owner, sizeof owner, &needed) ||
        !LookupAccountSidW(NULL, owner.user.User.Sid, name, &name_units, domain, &domain_units,
                           &kind)) {
        return NULL;
    }
    utf8_from_wide(domain, domain_units, shown_domain, sizeof shown_domain);
    utf8_from_wide(name, name_units, shown_name, sizeof shown_name);
    (void)snprintf(ret_text, capacity, "%s\\%s", shown_domain, shown_name);
    return ret_text;
}

/*
 * Asks for the right to read its memory, which only some systems need; if denied, for limited
 * information only.
 */
static section_status open_to_ask(const walk *self, DWORD pid, HANDLE *ret_process,
                                  section_error *ret_error)
{
    const bool debug_privilege = self->options->debug_privilege;
    return open_process(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, debug_privilege,
                        ret_process, NULL) == SECTION_OK
               ? SECTION_OK
               : open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION, debug_privilege, ret_process,
                              ret_error);
}

static bool show(void *context, const process_entry *process)
{
    walk *self = context;
    char command[3 * COMMAND_UNITS];
    char user[USER_BYTES];
    section_error why = {0};
    HANDLE opened = NULL;
    process_sharer sharer = {
        .process = process,
        .section_count = count_sections(self->handles, process->pid),
    };
    if (sharer.section_count == 0) {
        return true;
    }
    if (open_to_ask(self, process->pid, &opened, &why) != SECTION_OK) {
        if (why.code == SECTION_NOT_FOUND) {
            return true; /* it has ended */
        }
        unseen_note(&self->unseen, &why);
        return self->visit(self->context, &sharer);
    }
    _cleanup_handle_ HANDLE handle = opened;
    sharer.command = read_command(handle, command, sizeof command);
    sharer.user = read_user(handle, user, sizeof user);
    return self->visit(self->context, &sharer);
}

section_status os_sharing(const process_search *options, process_sharer_visitor *visit,
                          void *context, section_error *ret_unseen, section_error *ret_error)
{
    handles all;
    section_status status = handles_take_all(&all, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    walk self = {.options = options, .visit = visit, .context = context, .handles = &all};
    status = os_process_list(show, &self, ret_error);
    handles_free(&all);
    unseen_tell(&self.unseen, "the processes", ret_unseen);
    return status;
}
