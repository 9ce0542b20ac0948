#include <section/values.h>

#include <float.h>
#include <math.h>
#include <string.h>

static const section_value_facts types[] = {
#define SECTION_VALUE_FACTS(constant, name, kind, size) [constant] = {name, kind, size},
    SECTION_VALUE_TYPES(SECTION_VALUE_FACTS)
#undef SECTION_VALUE_FACTS
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

const section_value_facts *section_value_lookup(section_value_type type)
{
    return &types[type];
}

section_status section_value_type_parse(const char *name, section_value_type *ret_type,
                                        section_error *ret_error)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(name, types[i].name) == 0) {
            *ret_type = (section_value_type)i;
            return SECTION_OK;
        }
    }
#define SECTION_VALUE_WORD(constant, name, kind, size) " " name
    return section_fail(ret_error, SECTION_BAD_TYPE,
                        "the types are" SECTION_VALUE_TYPES(SECTION_VALUE_WORD));
#undef SECTION_VALUE_WORD
}

/* Byte by byte, so that alignment and byte order of the host do not matter. */
static uint64_t load_bits(const uint8_t *bytes, size_t size_bytes, section_endian endian)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        bits = bits << 8 | bytes[endian == SECTION_BIG_ENDIAN ? i : size_bytes - 1 - i];
    }
    return bits;
}

static void store_bits(uint8_t *bytes, size_t size_bytes, section_endian endian, uint64_t bits)
{
    for (size_t i = 0; i < size_bytes; i++, bits >>= 8) {
        bytes[endian == SECTION_BIG_ENDIAN ? size_bytes - 1 - i : i] = (uint8_t)bits;
    }
}

static int64_t as_signed(uint64_t bits)
{
    int64_t number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static double real_of(uint64_t bits, size_t size_bytes)
{
    const uint32_t narrow_bits = (uint32_t)bits;
    double wide;
    float narrow;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    return size_bytes == sizeof narrow ? (double)narrow : wide;
}

section_value section_value_load(section_value_type type, section_endian endian, const void *bytes)
{
    const size_t size = types[type].size_bytes;
    const uint64_t bits = load_bits(bytes, size, endian);
    const uint64_t sign = UINT64_C(1) << (8 * size - 1);
    switch (types[type].kind) {
    case SECTION_KIND_SIGNED: /* flipping the sign bit and subtracting its weight extends it */
        return (section_value){.signed_number = as_signed((bits ^ sign) - sign)};
    case SECTION_KIND_REAL:
        return (section_value){.real = real_of(bits, size)};
    case SECTION_KIND_BOOL:
        return (section_value){.unsigned_number = bits != 0};
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_CHARACTER:
        break;
    }
    return (section_value){.unsigned_number = bits};
}

/* The bits of a real; false where it is finite and its f32 would not be. */
static bool bits_of_real(double real, size_t size_bytes, uint64_t *ret_bits)
{
    uint32_t narrow_bits;
    if (size_bytes == sizeof real) {
        memcpy(ret_bits, &real, sizeof real);
        return true;
    }
    const float narrow = (float)real;
    memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
    *ret_bits = narrow_bits;
    const bool is_infinite = narrow > FLT_MAX || narrow < -FLT_MAX;
    return !is_infinite || fabs(real) > DBL_MAX;
}

bool section_value_store(section_value_type type, section_endian endian, section_value value,
                         void *ret_bytes)
{
    const size_t size = types[type].size_bytes;
    const uint64_t largest = UINT64_MAX >> (64 - 8 * size);
    const int64_t largest_signed = (int64_t)(largest >> 1);
    uint64_t bits = value.unsigned_number;
    bool fits = false;
    switch (types[type].kind) {
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_CHARACTER:
        fits = bits <= largest;
        break;
    case SECTION_KIND_BOOL:
        fits = bits <= 1;
        break;
    case SECTION_KIND_SIGNED:
        fits = value.signed_number <= largest_signed && value.signed_number >= -largest_signed - 1;
        break;
    case SECTION_KIND_REAL:
        fits = bits_of_real(value.real, size, &bits);
        break;
    }
    if (fits) {
        store_bits(ret_bytes, size, endian, bits);
    }
    return fits;
}
