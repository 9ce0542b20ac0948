/*
 * Included by one .c file, after `#define PROGRAM_FIELDS "NAME.def"`: makes a C structure S of each
 * structure in the file, and a function S_layout that returns its table.
 */
#include "fields.h"

/* clang-format off */
#define PRAGMA(TEXT) _Pragma(#TEXT)

#define PACK(BYTES) PRAGMA(pack(push, BYTES))
#define UNPACK PRAGMA(pack(pop))
#define STRUCTURE(NAME) typedef struct NAME {
#define F(TYPE, NAME) TYPE NAME;
#define E(TYPE, NAME, LEAST, SPAN) TYPE NAME;
#define A(TYPE, NAME, COUNT) TYPE NAME[COUNT];
#define M(TYPE, NAME, ROWS, COLUMNS) TYPE NAME[ROWS][COLUMNS];
#define S(ENCODING, NAME, BYTES) ENCODING##_unit NAME[(BYTES) / sizeof(ENCODING##_unit)];
#define SA(ENCODING, NAME, BYTES, COUNT) \
    ENCODING##_unit NAME[COUNT][(BYTES) / sizeof(ENCODING##_unit)];
#define T(TYPE, NAME) TYPE NAME;
#define TA(TYPE, NAME, COUNT) TYPE NAME[COUNT];
#define P(NAME, BYTES) uint8_t NAME[BYTES];
#define END(NAME) } NAME;
#include PROGRAM_FIELDS
#undef PACK
#undef UNPACK
#undef STRUCTURE
#undef F
#undef E
#undef A
#undef M
#undef S
#undef SA
#undef T
#undef TA
#undef P
#undef END

#define ROW(NAME, KIND, ELEMENT, ...) {#NAME, KIND, offsetof(self, NAME), ELEMENT, __VA_ARGS__},
#define PACK(BYTES)
#define UNPACK
#define STRUCTURE(NAME) \
    static const program_layout *NAME##_layout(void) \
    { \
        typedef NAME self; \
        static const program_row rows[] = {
#define F(TYPE, NAME) ROW(NAME, KIND_##TYPE, sizeof(TYPE), 0, 0, 0, 0, NULL)
#define E(TYPE, NAME, LEAST, SPAN) ROW(NAME, KIND_##TYPE, sizeof(TYPE), 0, 0, LEAST, SPAN, NULL)
#define A(TYPE, NAME, COUNT) ROW(NAME, KIND_##TYPE, sizeof(TYPE), COUNT, 0, 0, 0, NULL)
#define M(TYPE, NAME, ROWS, COLUMNS) \
    ROW(NAME, KIND_##TYPE, sizeof(TYPE), ROWS, COLUMNS, 0, 0, NULL)
#define S(ENCODING, NAME, BYTES) ROW(NAME, KIND_##ENCODING, BYTES, 0, 0, 0, 0, NULL)
#define SA(ENCODING, NAME, BYTES, COUNT) ROW(NAME, KIND_##ENCODING, BYTES, COUNT, 0, 0, 0, NULL)
#define T(TYPE, NAME) ROW(NAME, KIND_STRUCTURE, sizeof(TYPE), 0, 0, 0, 0, TYPE##_layout)
#define TA(TYPE, NAME, COUNT) \
    ROW(NAME, KIND_STRUCTURE, sizeof(TYPE), COUNT, 0, 0, 0, TYPE##_layout)
#define P(NAME, BYTES)
#define END(NAME) \
        }; \
        static const program_layout layout = { \
            rows, sizeof rows / sizeof rows[0], sizeof(self)}; \
        return &layout; \
    }
#include PROGRAM_FIELDS
