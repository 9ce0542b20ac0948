#include "layouts/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "layouts/builtin.h"
#include "layouts/kept.h"

struct layout_store {
    pthread_mutex_t changing; /* held while the disk is waited for */
    pthread_mutex_t lock;     /* never held across a call of the OS; taken before the registry's */
    char *folder;
    layout **list; /* by name */
    size_t count;
    size_t capacity;
    size_t own_count;        /* of them, not built in */
    bool built_ins_are_here; /* in the list */
    spare_images images;
};

/* ---- the list; lock held ---- */

/* Where a name stands, or would. */
static size_t place_of(const layout_store *self, const char *name)
{
    size_t first = 0;
    size_t end = self->count;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (strcmp(self->list[middle]->name, name) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static layout *find(const layout_store *self, const char *name)
{
    const size_t place = place_of(self, name);
    return place < self->count && strcmp(self->list[place]->name, name) == 0 ? self->list[place]
                                                                             : NULL;
}

/*
 * Room for one more, and for all that is built in besides: where memory was short, that is added while somebody who has
 * made room writes a file.
 */
static bool make_room(layout_store *self)
{
    const size_t wanted = self->count + 1 + layout_built_in_count;
    if (wanted <= self->capacity) {
        return true;
    }
    const size_t capacity = 2 * wanted;
    layout **list = realloc(self->list, capacity * sizeof(layout *));
    if (list == NULL) {
        return false;
    }
    self->list = list;
    self->capacity = capacity;
    return true;
}

/* Takes over the reference; there is room. @return the one that it replaces, or NULL. */
static layout *insert(layout_store *self, layout *fresh)
{
    const size_t place = place_of(self, fresh->name);
    layout *old = find(self, fresh->name);
    if (old != NULL) {
        self->list[place] = fresh;
        return old;
    }
    memmove(&self->list[place + 1], &self->list[place],
            (self->count - place) * sizeof self->list[0]);
    self->list[place] = fresh;
    self->count++;
    self->own_count += fresh->is_built_in ? 0 : 1;
    return NULL;
}

static void take_out(layout_store *self, const layout *leaving)
{
    const size_t place = place_of(self, leaving->name);
    memmove(&self->list[place], &self->list[place + 1],
            (self->count - place - 1) * sizeof self->list[0]);
    self->count--;
    self->own_count--;
}

/* ---- what is built in; lock held ---- */

static bool is_built_in(const char *name)
{
    for (size_t i = 0; i < layout_built_in_count; i++) {
        if (strcmp(layout_built_ins[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_built_in(layout_store *self, const layout_built_in *built_in)
{
    section_error error = {0};
    cJSON *errors = NULL;
    layout *made;
    section_status status = layout_new(built_in->name, (const char *)built_in->bytes,
                                       built_in->length_bytes, &made, &errors, &error);
    cJSON_Delete(errors);
    if (status != SECTION_OK) {
        log_write(LOG_ERROR, "the built-in layout %s: %s", built_in->name, error.detail);
        return status != SECTION_NO_MEMORY;
    }
    made->is_built_in = true;
    if (!make_room(self)) {
        layout_unref(made);
        return false;
    }
    layout_unref(insert(self, made));
    return true;
}

/*
 * Compiles what is built in, when a layout is first asked for: most daemons start and end without that.
 * Without memory for one it is tried again the next time.
 */
static void add_built_ins(layout_store *self)
{
    bool has_memory = true;
    for (size_t i = 0; i < layout_built_in_count && has_memory; i++) {
        const layout_built_in *built_in = &layout_built_ins[i];
        has_memory = find(self, built_in->name) != NULL || add_built_in(self, built_in);
    }
    self->built_ins_are_here = has_memory;
}

static void lock_list(layout_store *self)
{
    pthread_mutex_lock(&self->lock);
    if (!self->built_ins_are_here) {
        add_built_ins(self);
    }
}

/* ---- at the start ---- */

/* Of a file in the state folder. */
static void take_kept(void *context, layout *kept)
{
    layout_store *self = context;
    const char *why = is_built_in(kept->name)          ? "it is the name of one that is built in"
                      : self->own_count >= LAYOUTS_MAX ? "there are too many layouts"
                      : !make_room(self)               ? "no memory"
                                                       : NULL;
    if (why != NULL) {
        log_write(LOG_WARN, "layouts/%s.json is skipped: %s", kept->name, why);
        layout_unref(kept);
        return;
    }
    layout_unref(insert(self, kept));
}

section_status layout_store_open(const char *state_directory, layout_store **ret_store,
                                 section_error *ret_error)
{
    layout_store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layouts");
    }
    pthread_mutex_init(&self->changing, NULL);
    pthread_mutex_init(&self->lock, NULL);
    self->folder = layout_kept_folder(state_directory);
    section_status status =
        self->folder != NULL
            ? layout_kept_read(self->folder, take_kept, self, ret_error)
            : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layouts");
    if (status != SECTION_OK) {
        layout_store_close(self);
        return status;
    }
    *ret_store = self;
    return SECTION_OK;
}

void layout_store_close(layout_store *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        layout_unref(self->list[i]);
    }
    spare_images_free(&self->images);
    free(self->list);
    free(self->folder);
    pthread_mutex_destroy(&self->changing);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* ---- looking ---- */

spare_images *layout_store_images(layout_store *self)
{
    return &self->images;
}

layout *layout_store_find(layout_store *self, const char *name)
{
    lock_list(self);
    layout *found = find(self, name);
    found = found != NULL && !found->is_leaving ? layout_ref(found) : NULL;
    pthread_mutex_unlock(&self->lock);
    return found;
}

static section_status no_such(const char *name, section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NOT_FOUND,
                        "there is no layout \"%.64s\"; GET /v1/layouts lists them", name);
}

section_status layout_store_get(layout_store *self, const char *name, layout **ret_layout,
                                section_error *ret_error)
{
    *ret_layout = layout_store_find(self, name);
    return *ret_layout != NULL ? SECTION_OK : no_such(name, ret_error);
}

size_t layout_store_list(layout_store *self, const char *after, layout **ret_layouts,
                         size_t capacity)
{
    size_t count = 0;
    lock_list(self);
    size_t place = place_of(self, after);
    if (place < self->count && strcmp(self->list[place]->name, after) == 0) {
        place++;
    }
    for (; place < self->count && count < capacity; place++) {
        ret_layouts[count++] = layout_ref(self->list[place]);
    }
    pthread_mutex_unlock(&self->lock);
    return count;
}

/* ---- changing ---- */

void layout_store_hold(layout_store *self)
{
    pthread_mutex_lock(&self->changing);
}

void layout_store_let_go(layout_store *self)
{
    pthread_mutex_unlock(&self->changing);
}

static section_status built_in(const char *name, section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BUILT_IN,
                        "\"%.64s\" is built in; GET it and PUT it under another name to change it",
                        name);
}

section_status layout_store_check(layout_store *self, const char *name, section_error *ret_error)
{
    section_status status = SECTION_OK;
    lock_list(self);
    const layout *old = find(self, name);
    if (is_built_in(name)) {
        status = built_in(name, ret_error);
    } else if (old == NULL && self->own_count >= LAYOUTS_MAX) {
        status = section_fail(ret_error, SECTION_QUOTA, "there are %d layouts already; DELETE one",
                              LAYOUTS_MAX);
    } else if (!make_room(self)) {
        status = section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout");
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

section_status layout_store_put(layout_store *self, layout *fresh, bool *ret_replaced,
                                section_error *ret_error)
{
    section_status status = layout_store_check(self, fresh->name, ret_error);
    if (status == SECTION_OK) {
        status = layout_kept_write(self->folder, fresh, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    lock_list(self);
    layout *old = insert(self, layout_ref(fresh));
    pthread_mutex_unlock(&self->lock);
    *ret_replaced = old != NULL;
    layout_unref(old);
    return SECTION_OK;
}

/* From here on nobody finds it, and no section gets it. */
static section_status begin_to_leave(layout_store *self, registry *users, const char *name,
                                     layout **ret_layout, section_error *ret_error)
{
    section_status status = SECTION_OK;
    lock_list(self);
    layout *found = find(self, name);
    if (found == NULL) {
        status = no_such(name, ret_error);
    } else if (found->is_built_in) {
        status = built_in(name, ret_error);
    } else if (registry_uses_layout(users, name)) {
        status = section_fail(ret_error, SECTION_IN_USE,
                              "a section has this layout; PATCH it to {\"layout\":null} first");
    } else {
        found->is_leaving = true;
        *ret_layout = found;
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

section_status layout_store_remove(layout_store *self, registry *users, const char *name,
                                   section_error *ret_error)
{
    layout *leaving = NULL;
    section_status status = begin_to_leave(self, users, name, &leaving, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = layout_kept_remove(self->folder, name, ret_error);
    /* Somebody has removed the file: it is what was asked for. */
    const bool is_gone = status == SECTION_OK || status == SECTION_NOT_FOUND;
    lock_list(self);
    if (is_gone) {
        take_out(self, leaving);
    } else {
        leaving->is_leaving = false;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_gone) {
        layout_unref(leaving);
    }
    return is_gone ? SECTION_OK : status;
}

section_status layout_store_bind(layout_store *self, entry *target, const char *name,
                                 section_error *ret_error)
{
    char *copy = name != NULL ? strdup(name) : NULL;
    if (name != NULL && copy == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout's name");
    }
    lock_list(self);
    const layout *found = name != NULL ? find(self, name) : NULL;
    const bool may_have_it = name == NULL || (found != NULL && !found->is_leaving);
    if (may_have_it) {
        registry_set_layout(target->registry, target, copy);
    }
    pthread_mutex_unlock(&self->lock);
    if (!may_have_it) {
        free(copy);
        return no_such(name, ret_error);
    }
    return SECTION_OK;
}
