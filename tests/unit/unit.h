#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <section/error.h>

/** One mapping of an OS number to a status, from one call. */
typedef struct number_case {
    const char *call;
    section_os_domain domain;
    uint32_t number;
    section_status status;
    const char *name; /* as the OS's documentation spells the number; NULL: we have none */
} number_case;

/** The platform's cases, ended by a call of NULL. */
extern const number_case number_cases[];

/** A name of a section, and what the parser says. */
typedef struct name_case {
    const char *text;
    section_status status;
    const char *base; /* what is left of it, where it is accepted */
    int scope;
} name_case;

/** The platform's own cases, ended by a text of NULL. */
extern const name_case platform_names[];

#endif
