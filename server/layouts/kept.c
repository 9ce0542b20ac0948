#include "layouts/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "base/log.h"
#include "base/platform.h"

static const char ending[] = ".json";

enum {
    FILE_NAME_BYTES = LAYOUT_NAME_CHARACTERS_MAX + sizeof "_.json",
    ASIDE_DIGITS = 16, /* behind the name of a file that is being written */
    FILES_MAX = 4096   /* that are looked at; more are no layouts of ours */
};

/* Whether Windows opens a device by this name, also with an ending. */
static bool is_device(const char *name)
{
    static const char *const words[] = {"con", "prn", "aux", "nul"};
    const size_t length = strcspn(name, ".");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (length == 3 && memcmp(name, words[i], 3) == 0) {
            return true;
        }
    }
    return length == 4 && (memcmp(name, "com", 3) == 0 || memcmp(name, "lpt", 3) == 0) &&
           name[3] >= '0' && name[3] <= '9';
}

static void make_file_name(const char *name, char ret_file[FILE_NAME_BYTES])
{
    (void)snprintf(ret_file, FILE_NAME_BYTES, "%s%s%s", is_device(name) ? "_" : "", name, ending);
}

static section_status no_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
}

char *layout_kept_folder(const char *state_directory)
{
    return platform_join_path(state_directory, "layouts");
}

section_status layout_kept_write(const char *folder, const layout *fresh, section_error *ret_error)
{
    char file[FILE_NAME_BYTES];
    make_file_name(fresh->name, file);
    _cleanup_free_ char *path = platform_join_path(folder, file);
    if (path == NULL) {
        return no_memory(ret_error);
    }
    section_status status = platform_make_directory(folder, ret_error);
    return status == SECTION_OK ? platform_replace_private_file(path, fresh->text, ret_error)
                                : status;
}

section_status layout_kept_remove(const char *folder, const char *name, section_error *ret_error)
{
    char file[FILE_NAME_BYTES];
    make_file_name(name, file);
    _cleanup_free_ char *path = platform_join_path(folder, file);
    return path != NULL ? platform_remove_file(path, ret_error) : no_memory(ret_error);
}

/* ---- at the start ---- */

typedef struct file_list {
    char **names;
    size_t count;
    bool failed;
} file_list;

static void free_list(file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->names[i]);
    }
    free(list->names);
}

static void take_name(void *context, const char *file_name)
{
    file_list *list = context;
    char *copy = list->count < FILES_MAX ? strdup(file_name) : NULL;
    list->failed |= copy == NULL;
    if (copy != NULL) {
        list->names[list->count++] = copy;
    }
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

/* `NAME.json.0123456789abcdef`: a write that a kill has interrupted. */
static bool is_aside(const char *file)
{
    const char *last = strrchr(file, '.');
    const size_t name_bytes = last != NULL ? (size_t)(last - file) : 0;
    const size_t ending_bytes = sizeof ending - 1;
    return last != NULL && strlen(last + 1) == ASIDE_DIGITS &&
           strspn(last + 1, "0123456789abcdef") == ASIDE_DIGITS && name_bytes > ending_bytes &&
           memcmp(last - ending_bytes, ending, ending_bytes) == 0;
}

/* The name of the layout that a file is of; false: of none. */
static bool find_name(const char *file, char ret_name[LAYOUT_NAME_CHARACTERS_MAX + 1])
{
    char wanted[FILE_NAME_BYTES];
    const size_t length = strlen(file);
    const size_t skipped = file[0] == '_' ? 1 : 0;
    const size_t ending_bytes = sizeof ending - 1;
    if (length <= skipped + ending_bytes ||
        length - skipped - ending_bytes > LAYOUT_NAME_CHARACTERS_MAX) {
        return false;
    }
    (void)snprintf(ret_name, LAYOUT_NAME_CHARACTERS_MAX + 1, "%.*s",
                   (int)(length - skipped - ending_bytes), file + skipped);
    if (layout_check_name(ret_name, NULL) != SECTION_OK) {
        return false;
    }
    make_file_name(ret_name, wanted);
    return strcmp(wanted, file) == 0;
}

static section_status read_kept(const char *path, const char *name, layout **ret_layout,
                                section_error *ret_error)
{
    _cleanup_free_ char *text = NULL;
    cJSON *errors = NULL;
    section_status status = platform_read_plain_file(path, LAYOUT_TEXT_BYTES_MAX, &text, ret_error);
    if (status == SECTION_OK) {
        status = layout_new(name, text, strlen(text), ret_layout, &errors, ret_error);
    }
    cJSON_Delete(errors);
    return status;
}

static void read_one(const char *folder, const char *file, layout_take_kept *take, void *context)
{
    char name[LAYOUT_NAME_CHARACTERS_MAX + 1];
    section_error error = {0};
    layout *kept = NULL;
    _cleanup_free_ char *path = platform_join_path(folder, file);
    if (path == NULL) {
        return;
    }
    if (is_aside(file)) {
        (void)platform_remove_file(path, NULL);
        return;
    }
    if (!find_name(file, name)) {
        log_write(LOG_WARN, "layouts/%s is skipped: no layout can have this name", file);
        return;
    }
    if (read_kept(path, name, &kept, &error) != SECTION_OK) {
        log_write(LOG_WARN, "layouts/%s is skipped: %s", file, error.detail);
        return;
    }
    take(context, kept);
}

section_status layout_kept_read(const char *folder, layout_take_kept *take, void *context,
                                section_error *ret_error)
{
    if (platform_check_directory(folder, ret_error) == SECTION_NOT_FOUND) {
        return SECTION_OK;
    }
    section_status status = platform_check_private_directory(folder, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_(free_list) file_list list = {.names = calloc(FILES_MAX, sizeof(char *))};
    if (list.names == NULL) {
        return no_memory(ret_error);
    }
    status = platform_list_directory(folder, take_name, &list, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (list.failed) {
        log_write(LOG_WARN, "layouts/ has more than %d files: not all of them are read", FILES_MAX);
    }
    qsort(list.names, list.count, sizeof list.names[0], compare_names);
    for (size_t i = 0; i < list.count; i++) {
        read_one(folder, list.names[i], take, context);
    }
    return SECTION_OK;
}
