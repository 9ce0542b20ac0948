#include "identify.h"
#include "privilege.h"
#include <section_windows/cleanup.h>

uint64_t os_canonical_handle(uint64_t handle)
{
    return handle & ~UINT64_C(3); /* the system ignores the low two bits */
}

/* Takes the handle with the access that it has. That changes later, when it is known to be a section's. */
static section_status take(const section_duplicate_options *options, HANDLE *ret_handle,
                           section_error *ret_error)
{
    _cleanup_handle_ HANDLE process = NULL;
    HANDLE theirs = (HANDLE)(uintptr_t)os_canonical_handle(options->handle);
    section_status status = open_process(options->pid, PROCESS_DUP_HANDLE, options->debug_privilege,
                                         &process, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!DuplicateHandle(process, theirs, GetCurrentProcess(), ret_handle, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        return section_fail_os(ret_error, "DuplicateHandle", SECTION_OS_WIN32, GetLastError(),
                               "the process's handle cannot be taken");
    }
    return SECTION_OK;
}

/* Exchanges our handle for one with the wanted rights; for MOST, with all that are granted. */
static section_status change_rights(os_section *object, section_access wanted,
                                    section_error *ret_error)
{
    const HANDLE self = GetCurrentProcess();
    HANDLE better = NULL;
    DWORD number = ERROR_ACCESS_DENIED;
    for (const DWORD *rights = rights_to_try(wanted);
         better == NULL && number == ERROR_ACCESS_DENIED && *rights != 0; rights++) {
        number = ERROR_SUCCESS;
        if (!DuplicateHandle(self, handle_of(object), self, &better, *rights, FALSE, 0)) {
            number = GetLastError();
            better = NULL;
        }
    }
    if (better != NULL) {
        (void)CloseHandle(handle_of(object));
        object->handle = (os_handle)better;
        return SECTION_OK;
    }
    if (number != ERROR_ACCESS_DENIED || wanted != SECTION_ACCESS_MOST) {
        return section_fail_os(ret_error, "DuplicateHandle", SECTION_OS_WIN32, number,
                               "the section does not grant that access");
    }
    return SECTION_OK;
}

/* Checks what was taken, and exchanges it for a handle with the rights that are wanted. */
static section_status settle(os_section *object, section_access wanted, section_error *ret_error)
{
    section_status status = check_type(handle_of(object), ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = change_rights(object, wanted, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    return identify(object, ret_error);
}

section_status os_duplicate(const section_duplicate_options *options, os_section *ret_section,
                            section_name *ret_name, section_error *ret_error)
{
    HANDLE taken;
    if (options->address != 0) {
        return section_fail(
            ret_error, SECTION_UNSUPPORTED,
            "on Windows a section is taken by its handle: nobody gives away what is "
            "only mapped");
    }
    /* Handle -1 would succeed, and yield the process itself. */
    if (options->handle > INT32_MAX) {
        return section_fail(ret_error, SECTION_BAD_HANDLE,
                            "a handle is 0x4 to 0x7ffffffc; the negative pseudo-handles mean "
                            "another object in every process");
    }
    section_status status = take(options, &taken, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    os_section object = {.handle = (os_handle)taken};
    status = settle(&object, options->access, ret_error);
    if (status != SECTION_OK) {
        os_close(&object, NULL);
        return status;
    }
    find_name(handle_of(&object), ret_name);
    *ret_section = object;
    return SECTION_OK;
}
