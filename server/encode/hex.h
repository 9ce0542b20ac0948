#ifndef SECTIOND_HEX_H
#define SECTIOND_HEX_H

/** The value of a hexadecimal digit of either case, -1 for any other character. */
static inline int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    const char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
