#include "held.h"

#include <section/naming.h>

#include <stdlib.h>
#include <string.h>

/*
 * Computes where a view lies inside an object of `size_bytes`. Checks it against the object, aligns
 * it for the OS, and cannot overflow.
 */
static section_status resolve_view(section *self, section_view wanted, uint64_t size_bytes,
                                   uint64_t *ret_map_offset, size_t *ret_map_length,
                                   section_error *ret_error)
{
    if (size_bytes == 0) {
        return section_fail(ret_error, SECTION_EMPTY,
                            "its owner has not given it a size yet; try again when it has");
    }
    if (wanted.offset_bytes >= size_bytes) {
        return section_fail(
            ret_error, SECTION_BAD_OFFSET, "the view starts at %llu, the section has %llu bytes",
            (unsigned long long)wanted.offset_bytes, (unsigned long long)size_bytes);
    }
    uint64_t room = size_bytes - wanted.offset_bytes;
    uint64_t length = wanted.length_bytes == 0 ? room : wanted.length_bytes;
    if (length > room) {
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "a view of %llu bytes at %llu passes the section's end at %llu",
                            (unsigned long long)length, (unsigned long long)wanted.offset_bytes,
                            (unsigned long long)size_bytes);
    }
    uint64_t delta = wanted.offset_bytes & (os_granularity() - 1);
    if (length > SIZE_MAX - delta) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "this machine cannot address that view");
    }
    self->view_offset = wanted.offset_bytes;
    self->view_length = length;
    *ret_map_offset = wanted.offset_bytes - delta;
    *ret_map_length = (size_t)(length + delta);
    return SECTION_OK;
}

static section_status map_view(section *self, section_access access, section_view wanted,
                               section_error *ret_error)
{
    os_facts facts;
    uint64_t offset = 0;
    size_t length = 0;
    section_status status = os_query(&self->os, true, &facts, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = resolve_view(self, wanted, facts.size_bytes, &offset, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = os_map(&self->os, access, offset, length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    self->view = self->os.base + (self->view_offset - offset);
    return SECTION_OK;
}

static section *section_new(section_origin origin, const section_name *name)
{
    section *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->lock = lock_new();
    if (self->lock == NULL) {
        free(self);
        return NULL;
    }
    self->os.handle = OS_NO_HANDLE;
    self->origin = origin;
    if (name != NULL) {
        self->has_name = true;
        self->name = *name;
    }
    return self;
}

static section_status out_of_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "the daemon's own memory ran out");
}

/*
 * The common end of create, open and duplicate. Maps the view if `status` says that the object is
 * open; closes the section on any failure.
 */
static section_status finish(section *self, section_status status, section_access access,
                             section_view view, section **ret_section, section_error *ret_error)
{
    if (status == SECTION_OK) {
        status = map_view(self, access, view, ret_error);
    }
    if (status != SECTION_OK) {
        section_close(self);
        return status;
    }
    if (self->os.created) {
        lock_note_made(self->lock);
    }
    *ret_section = self;
    return SECTION_OK;
}

/* The checks that are the same on every platform. */
static section_status check_create(const section_create_options *options, section_error *ret_error)
{
    const uint64_t largest = (UINT64_C(1) << 53) - 1;
    if (options->size_bytes > largest || (options->size_bytes == 0 && options->file == NULL)) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the size must be 1 to 2^53-1 bytes");
    }
    if (options->file != NULL && options->size_bytes > 0) {
        /*
         * The file will have this size. A view that does not fit is refused before a file is made
         * or extended.
         */
        section unused;
        uint64_t offset = 0;
        size_t length = 0;
        section_status status =
            resolve_view(&unused, options->view, options->size_bytes, &offset, &length, ret_error);
        if (status == SECTION_OK) {
            status = os_check_address_space(length, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (options->file == NULL && options->access != SECTION_ACCESS_MOST &&
        options->access != SECTION_ACCESS_READWRITE) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "a section without a file must be readwrite: nobody could ever give "
                            "it content");
    }
    if (options->file_open == SECTION_FILE_TRUNCATE && options->size_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "truncate needs the new size");
    }
    if (options->file_open == SECTION_FILE_TRUNCATE &&
        (options->access == SECTION_ACCESS_READ || options->access == SECTION_ACCESS_WRITECOPY)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "truncate needs readwrite access");
    }
    return SECTION_OK;
}

section_status section_create(const section_create_options *options, section **ret_section,
                              section_error *ret_error)
{
    section_status status = check_create(options, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    section *self = section_new(SECTION_CREATED, options->name);
    if (self == NULL || (options->file != NULL && (self->file = strdup(options->file)) == NULL)) {
        section_close(self);
        return out_of_memory(ret_error);
    }
    self->requested_size_bytes = options->size_bytes;
    status = os_create(options, &self->os, ret_error);
    if (!self->os.created) { /* an existing object was opened: the file is not its own */
        free(self->file);
        self->file = NULL;
    }
    const section_access access = self->os.created ? os_new_access(options) : options->access;
    status = finish(self, status, access, options->view, ret_section, ret_error);
    if (status == SECTION_OK && options->keep_name) {
        self->os.owns_name = false;
    }
    return status;
}

section_status section_open(const section_open_options *options, section **ret_section,
                            section_error *ret_error)
{
    section *self = section_new(SECTION_OPENED, options->name);
    if (self == NULL) {
        return out_of_memory(ret_error);
    }
    section_status status = os_open(options, &self->os, ret_error);
    return finish(self, status, options->access, options->view, ret_section, ret_error);
}

section_status section_duplicate(const section_duplicate_options *options, section **ret_section,
                                 section_error *ret_error)
{
    section *self = section_new(SECTION_DUPLICATED, NULL);
    if (self == NULL) {
        return out_of_memory(ret_error);
    }
    self->source = (section_source){.pid = options->pid,
                                    .handle = os_canonical_handle(options->handle),
                                    .address = options->address};
    section_status status = os_duplicate(options, &self->os, &self->name, ret_error);
    self->has_name = status == SECTION_OK && self->name.text[0] != '\0';
    return finish(self, status, options->access, options->view, ret_section, ret_error);
}

void section_close(section *self)
{
    if (self == NULL) {
        return;
    }
    /*
     * The lock goes first. Its number of users must not be higher than our number of handles: the
     * test for orphans compares the two.
     */
    lock_unref(self->lock);
    os_close(&self->os, self->has_name ? &self->name : NULL);
    free(self->file);
    free(self);
}

bool section_share_lock(section *self, const section *other)
{
    if (!os_is_same_object(&self->os, &other->os)) {
        return false;
    }
    lock_unref(self->lock);
    self->lock = lock_ref(other->lock);
    if (self->os.created) {
        lock_note_made(self->lock);
    }
    return true;
}

section_traits section_find_traits(const section *self)
{
    return os_traits(&self->os, self->has_name ? &self->name : NULL);
}

const void *section_object_key(const section *self)
{
    return self->lock;
}

section_status section_describe(const section *self, section_info *ret_info,
                                section_error *ret_error)
{
    os_facts facts;
    /* The lock is not taken: a read may hold it while it waits for a disk. */
    section_status status = os_query(&self->os, false, &facts, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    *ret_info = (section_info){
        .name = self->has_name ? &self->name : NULL,
        .origin = self->origin,
        .created = self->os.created,
        .size_bytes = facts.size_bytes,
        .size_exact = facts.size_exact,
        .requested_size_bytes = self->os.created ? self->requested_size_bytes : 0,
        .access = self->os.access,
        .backing = self->os.backing,
        .file = self->file,
        .view = {self->view_offset, self->view_length},
        .pid = os_process_id(),
        .handle = (uint64_t)self->os.handle,
        .has_handle = self->os.handle != OS_NO_HANDLE,
        .source = self->source,
        .protect = facts.protect,
        .inherit = facts.inherit,
        .handle_count = facts.handle_count,
        .object = {self->os.identity[0], self->os.identity[1]},
        .is_elsewhere = self->os.is_elsewhere,
    };
    return SECTION_OK;
}

bool section_own_name(const section *self, char ret_text[SECTION_OWN_NAME_BYTES])
{
    return os_own_name(&self->os, ret_text);
}

uint64_t section_page_size(void)
{
    return os_page_size();
}

uint64_t section_granularity(void)
{
    return os_granularity();
}

uint64_t section_object_offset(const section *self, uint64_t offset_bytes)
{
    return self->view_offset + offset_bytes;
}

uint64_t section_length(const section *self)
{
    return self->view_length;
}

section_access section_granted_access(const section *self)
{
    return self->os.access;
}

section_status section_flush(section *self, uint64_t offset_bytes, uint64_t length_bytes,
                             section_flushed *ret_flushed, section_error *ret_error)
{
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    *ret_flushed = SECTION_FLUSHED_TO_DISK;
    if (status != SECTION_OK || length_bytes == 0 || self->os.backing != SECTION_BACKING_FILE ||
        self->os.access != SECTION_ACCESS_READWRITE) {
        return status; /* there is nothing to write to a disk */
    }
    return os_flush(&self->os, self->view + offset_bytes, (size_t)length_bytes, ret_flushed,
                    ret_error);
}

section_status section_set_protect(section *self, bool protect, section_error *ret_error)
{
    return os_set_protect(&self->os, protect, ret_error);
}

section_status section_set_inherit(section *self, bool inherit, section_error *ret_error)
{
    return os_set_inherit(&self->os, inherit, ret_error);
}

bool section_owns_name(const section *self)
{
    return self->os.owns_name;
}

bool section_pass_name(section *from, section *to)
{
    const bool same =
        from->has_name && to->has_name && section_name_equal(&from->name, &to->name) &&
        from->os.identity[0] == to->os.identity[0] && from->os.identity[1] == to->os.identity[1];
    if (!from->os.owns_name || !same) {
        return false;
    }
    from->os.owns_name = false;
    to->os.owns_name = true;
    return true;
}

static const section_name *name_of(const section *self)
{
    return self->has_name ? &self->name : NULL;
}

void section_release_name(section *self)
{
    if (self->os.owns_name && self->has_name) {
        os_release_name(&self->os, &self->name);
        self->os.owns_name = false;
    }
}

section_status section_find_named(const section_name *name, section_traits *ret_traits,
                                  section_error *ret_error)
{
    return os_find_named(name, ret_traits, ret_error);
}

bool section_name_leads_here(const section *self)
{
    return !self->has_name || os_name_leads_to(&self->name, &self->os);
}

bool section_can_be_orphaned(const section *self)
{
    return os_can_be_orphaned(&self->os, name_of(self));
}

bool section_is_orphaned(const section *self)
{
    return section_can_be_orphaned(self) &&
           os_is_orphaned(&self->os, name_of(self), lock_users(self->lock),
                          lock_is_of_made(self->lock));
}

void section_hold_lock(section *self)
{
    lock_hold(self->lock);
}

void section_release_lock(void)
{
    lock_release();
}

bool section_check_may_wait_for_disk(const section *self)
{
    return os_present_waits_for_disk && section_may_wait_for_disk(self);
}

bool section_may_wait_for_disk(const section *self)
{
    return self->os.backing == SECTION_BACKING_FILE || self->os.backing == SECTION_BACKING_IMAGE;
}
