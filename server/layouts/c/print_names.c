#include <stdio.h>
#include <string.h>

#include "layouts/c/print_private.h"

/* Open addressing; twice as many places as names. */
struct print_names {
    const char **places;
    size_t mask;
};

/* Words of C and C++, and macros of the headers and compilers. */
static bool is_taken_word(const char *name)
{
    static const char words[] =
        " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t "
        "char16_t "
        "char32_t class compl concept const const_cast consteval constexpr constinit continue "
        "co_await "
        "co_return co_yield decltype default delete do double dynamic_cast else enum explicit "
        "export extern "
        "false float for friend goto i386 if inline int linux long mutable namespace new noexcept "
        "not not_eq "
        "nullptr operator or or_eq private protected public register reinterpret_cast requires "
        "restrict "
        "return short signed sizeof static static_assert static_cast struct switch template this "
        "thread_local throw true try typedef typeid typename typeof typeof_unqual union unix "
        "unsigned using "
        "virtual void volatile wchar_t while xor xor_eq offsetof NULL max_align_t size_t ptrdiff_t "
        "int8_t "
        "int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t ";
    const size_t length = strlen(name);
    for (const char *found = strstr(words, name); found != NULL; found = strstr(found + 1, name)) {
        if (found[-1] == ' ' && found[length] == ' ') {
            return true;
        }
    }
    return false;
}

print_names *print_names_new(c_printer *printer, size_t count)
{
    print_names *names = arena_take(&printer->arena, sizeof *names);
    size_t places = 16;
    while (places < 2 * count) {
        places *= 2;
    }
    if (names == NULL) {
        return NULL;
    }
    names->mask = places - 1;
    names->places = arena_take_array(&printer->arena, places, sizeof(const char *));
    return names->places != NULL ? names : NULL;
}

/* The name's place, or the free one that it would get; NULL: there is none left. */
static const char **find_place(const print_names *names, const char *name)
{
    size_t hash = 5381;
    for (const char *next = name; *next != '\0'; next++) {
        hash = hash * 33 + (unsigned char)*next;
    }
    for (size_t i = 0; i <= names->mask; i++) {
        const char **place = &names->places[(hash + i) & names->mask];
        if (*place == NULL || strcmp(*place, name) == 0) {
            return place;
        }
    }
    return NULL;
}

static void make_identifier(const char *text, char *ret_name, size_t capacity)
{
    size_t length = 0;
    if (*text >= '0' && *text <= '9') {
        ret_name[length++] = '_';
    }
    for (; *text != '\0' && length < capacity - 1; text++) {
        const bool is_letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        const bool is_digit = *text >= '0' && *text <= '9';
        /* The later bytes of a character of UTF-8 are dropped, so that it becomes one _. */
        if (((unsigned char)*text & 0xC0) != 0x80) {
            ret_name[length++] = is_letter || is_digit ? *text : '_';
        }
    }
    ret_name[length] = '\0';
    if (length == 0 || is_taken_word(ret_name)) {
        (void)snprintf(ret_name + length, capacity - length, "_");
    }
}

const char *print_name(c_printer *printer, print_names *names, const char *text)
{
    enum { SUFFIX_BYTES = 16 };
    char base[SECTION_LAYOUT_NAME_BYTES_MAX + SUFFIX_BYTES];
    char name[SECTION_LAYOUT_NAME_BYTES_MAX + 2 * SUFFIX_BYTES];
    make_identifier(text, base, SECTION_LAYOUT_NAME_BYTES_MAX + 1);
    (void)snprintf(name, sizeof name, "%s", base);
    const char **place = find_place(names, name);
    for (unsigned number = 2; place != NULL && *place != NULL; number++) {
        (void)snprintf(name, sizeof name, "%s_%u", base, number);
        place = find_place(names, name);
    }
    const char *copy = place != NULL ? arena_copy(&printer->arena, name, strlen(name)) : NULL;
    if (copy != NULL) {
        *place = copy;
    }
    return copy;
}

void print_comment(c_printer *printer, const char *text)
{
    for (; *text != '\0'; text++) {
        const bool ends = text[0] == '*' && text[1] == '/';
        const bool begins = text[0] == '/' && text[1] == '*';
        const bool is_control = (unsigned char)*text < 0x20 || *text == 0x7F;
        /* A backslash at a line's end would go on with the next one; there is none, so it may stay. */
        print_add(printer, "%c%s", is_control ? ' ' : *text, ends || begins ? " " : "");
    }
}

static void print_labels(c_printer *printer, const section_layout_field *field)
{
    for (size_t i = 0; i < field->label_count; i++) {
        print_add(printer, "%s", i == 0 ? " " : ", ");
        print_comment(printer, field->labels[i].label);
        print_add(printer, " = %lld", (long long)field->labels[i].number);
    }
    for (size_t i = 0; i < field->bits_count; i++) {
        print_add(printer, "%s", i == 0 ? " bits: " : ", ");
        print_comment(printer, field->bits[i].name);
        print_add(printer, " %u+%u", field->bits[i].shift, field->bits[i].width);
    }
}

void print_remarks(c_printer *printer, const section_layout_field *field)
{
    const bool has_remarks = field->unit != NULL || field->note != NULL || field->label_count > 0 ||
                             field->bits_count > 0 || field->scale != 0 ||
                             field->since_field != NULL;
    if (!has_remarks) {
        return;
    }
    print_add(printer, " /*");
    if (field->note != NULL) {
        print_add(printer, " ");
        print_comment(printer, field->note);
    }
    if (field->unit != NULL && field->unit[0] != '\0') {
        print_add(printer, " [");
        print_comment(printer, field->unit);
        print_add(printer, "]");
    }
    if (field->scale != 0) {
        print_add(printer, " x %.17g", field->scale);
    }
    if (field->since_field != NULL) {
        print_add(printer, " since ");
        print_comment(printer, field->since_field);
        print_add(printer, " %lld", (long long)field->since_min);
    }
    print_labels(printer, field);
    print_add(printer, " */");
}
