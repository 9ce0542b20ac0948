#include <string.h>

#include "layouts/c/private.h"

/* Types of windows.h that have members. They may be declared again. */
const char c_prelude[] =
    "typedef struct _FILETIME { DWORD dwLowDateTime, dwHighDateTime; } FILETIME;"
    "typedef struct _SYSTEMTIME { WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond,"
    " wMilliseconds; } SYSTEMTIME;"
    "typedef struct _GUID { unsigned int Data1; WORD Data2, Data3; BYTE Data4[8]; } GUID, IID, "
    "CLSID;"
    "typedef struct tagPOINT { LONG x, y; } POINT;"
    "typedef struct tagSIZE { LONG cx, cy; } SIZE;"
    "typedef struct tagRECT { LONG left, top, right, bottom; } RECT;";

/* Names of types; the integers of windows.h are of the same size on every ABI. */
static const struct {
    c_code code;
    const char *names;
} types[] = {
    {CODE_CHAR, "CHAR CCHAR"},
    {CODE_I8, "int8_t int_least8_t int_fast8_t INT8 __s8 s8 atomic_schar"},
    {CODE_U8, "uint8_t uint_least8_t uint_fast8_t u_int8_t BYTE UCHAR UINT8 u_char uchar __u8 u8 "
              "byte atomic_uchar"},
    {CODE_I16, "int16_t int_least16_t SHORT INT16 __s16 s16 VARIANT_BOOL atomic_short"},
    {CODE_U16, "uint16_t uint_least16_t u_int16_t WORD USHORT UINT16 ATOM LANGID u_short ushort "
               "__u16 u16 atomic_ushort"},
    {CODE_I32, "int32_t int_least32_t LONG INT INT32 LONG32 BOOL HRESULT NTSTATUS __s32 s32 pid_t "
               "sig_atomic_t atomic_int"},
    {CODE_U32, "uint32_t uint_least32_t u_int32_t DWORD ULONG UINT UINT32 ULONG32 DWORD32 COLORREF "
               "LCID u_int uint __u32 u32 uid_t gid_t atomic_uint"},
    {CODE_I64, "int64_t int_least64_t int_fast64_t INT64 LONG64 LONGLONG __time64_t intmax_t __s64 "
               "s64 atomic_llong"},
    {CODE_U64, "uint64_t uint_least64_t uint_fast64_t u_int64_t UINT64 ULONG64 ULONGLONG DWORD64 "
               "DWORDLONG QWORD uintmax_t __u64 u64 atomic_ullong"},
    {CODE_LONG, "off_t clock_t atomic_long"},
    {CODE_ULONG, "u_long ulong atomic_ulong"},
    {CODE_SIZE, "size_t SIZE_T uintptr_t UINT_PTR ULONG_PTR DWORD_PTR WPARAM atomic_size_t "
                "atomic_uintptr_t"},
    {CODE_SSIZE, "ssize_t SSIZE_T ptrdiff_t intptr_t INT_PTR LONG_PTR LPARAM LRESULT "
                 "atomic_intptr_t atomic_ptrdiff_t"},
    {CODE_F32, "FLOAT float32_t float_t"},
    {CODE_F64, "DOUBLE DATE float64_t double_t"},
    {CODE_BOOL, "BOOLEAN atomic_bool atomic_flag"},
    {CODE_WIDE, "wchar_t __wchar_t WCHAR TCHAR OLECHAR"},
    {CODE_UTF8, "char8_t"},
    {CODE_UTF16, "char16_t"},
    {CODE_UTF32, "char32_t"},
    {CODE_POINTER,
     "HANDLE HWND HMODULE HINSTANCE HDC HICON HCURSOR HBRUSH HBITMAP HFONT HMENU HKEY HGLOBAL "
     "HLOCAL "
     "HRSRC HMONITOR HHOOK PVOID LPVOID LPCVOID PSTR LPSTR PCSTR LPCSTR PWSTR LPWSTR PCWSTR "
     "LPCWSTR LPTSTR LPCTSTR PHANDLE LPHANDLE PDWORD LPDWORD PBYTE LPBYTE PWORD LPWORD PBOOL "
     "LPBOOL "
     "PLONG LPLONG FARPROC WNDPROC"},
    {CODE_TIME, "time_t"},
    {CODE_WIDE_INT, "wint_t"},
    {CODE_FAST, "int_fast16_t int_fast32_t"},
    {CODE_UFAST, "uint_fast16_t uint_fast32_t"},
    {CODE_LARGE, "LARGE_INTEGER"},
    {CODE_ULARGE, "ULARGE_INTEGER"},
};

static const struct {
    c_word word;
    const char *names;
} words[] = {
    {WORD_TYPEDEF, "typedef"},
    {WORD_STRUCT, "struct"},
    {WORD_UNION, "union"},
    {WORD_ENUM, "enum"},
    {WORD_CLASS, "class"},
    {WORD_STORAGE, "register auto inline __inline __inline__ __forceinline _Noreturn __extension__ "
                   "_Thread_local thread_local mutable"},
    {WORD_STATIC, "static"},
    {WORD_EXTERN, "extern"},
    {WORD_CONST, "const __const __const__"},
    {WORD_CONSTEXPR, "constexpr"},
    {WORD_QUALIFIER,
     "volatile __volatile __volatile__ restrict __restrict __restrict__ __unaligned "
     "__ptr32 __ptr64 CONST VOLATILE"},
    {WORD_CALL,
     "__cdecl __stdcall __fastcall __vectorcall __thiscall _cdecl _stdcall WINAPI CALLBACK "
     "APIENTRY STDMETHODCALLTYPE NTAPI FAR NEAR"},
    {WORD_ATOMIC, "_Atomic"},
    {WORD_ATTRIBUTE, "__attribute__ __attribute"},
    {WORD_DECLSPEC, "__declspec _declspec"},
    {WORD_ALIGNAS, "_Alignas alignas"},
    {WORD_ALIGNOF, "_Alignof alignof __alignof __alignof__"},
    {WORD_SIZEOF, "sizeof"},
    {WORD_OFFSETOF, "offsetof __builtin_offsetof FIELD_OFFSET"},
    {WORD_ASSERT, "_Static_assert static_assert"},
    {WORD_PRAGMA_MS, "__pragma"},
    {WORD_PRAGMA_C, "_Pragma"},
    {WORD_DEFINED, "defined"},
    {WORD_ACCESS, "public private protected"},
    {WORD_CPP, "template namespace using virtual friend operator explicit typename decltype"},
    {WORD_REFUSED,
     "_Complex __complex__ __int128 __int128_t __uint128_t typeof __typeof__ __typeof "
     "_BitInt _Decimal32 _Decimal64 _Decimal128 __float128 _Float128 _Float16 __fp16 "
     "__m128 __m128i __m128d __m256 __m256i __m256d asm __asm__ __asm"},
    {WORD_TRUE, "true"},
    {WORD_FALSE, "false"},
    {WORD_VOID, "void VOID"},
    {WORD_CHAR, "char"},
    {WORD_SHORT, "short __int16"},
    {WORD_INT, "int __int32"},
    {WORD_LONG, "long"},
    {WORD_FLOAT, "float"},
    {WORD_DOUBLE, "double"},
    {WORD_SIGNED, "signed __signed __signed__"},
    {WORD_UNSIGNED, "unsigned"},
    {WORD_BOOL, "_Bool bool"},
    {WORD_INT8, "__int8"},
    {WORD_INT64, "__int64"},
};

/* The next of several names that are parted by blanks; NULL: the last was taken. */
static c_symbol *next_name(c_parser *parser, const char **names)
{
    const char *name = *names;
    const size_t length = strcspn(name, " ");
    if (length == 0) {
        return NULL;
    }
    *names += length + (name[length] == ' ');
    return c_intern(parser, name, length);
}

static bool add_types(c_parser *parser)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const c_type type = c_type_of_code(parser, types[i].code);
        const c_type *kept = c_new_type(parser, &type);
        const c_type *atomic = kept != NULL ? c_atomic_type(parser, &(c_token){0}, kept) : NULL;
        if (atomic == NULL) {
            return false;
        }
        const char *names = types[i].names;
        for (c_symbol *symbol; (symbol = next_name(parser, &names)) != NULL;) {
            symbol->type = strncmp(symbol->name, "atomic_", 7) == 0 ? atomic : kept;
            symbol->is_ours = true;
        }
    }
    return true;
}

/* Macros that compilers of the ABI define. */
static bool add_macros(c_parser *parser)
{
    static const char one[] = "1";
    static const char *const names[C_ABI_COUNT] = {
        [C_ABI_WIN64] = "_WIN32 _WIN64 WIN32 _M_X64 _M_AMD64 UNICODE _UNICODE",
        [C_ABI_WIN32] = "_WIN32 WIN32 _M_IX86 UNICODE _UNICODE",
        [C_ABI_SYSV64] = "__linux__ __unix__ __x86_64__ __LP64__ _LP64",
        [C_ABI_SYSV32] = "__linux__ __unix__ __i386__"};
    const char *next = names[parser->abi];
    for (c_symbol *symbol; (symbol = next_name(parser, &next)) != NULL;) {
        symbol->macro = arena_take(parser->arena, sizeof *symbol->macro);
        if (symbol->macro == NULL) {
            return c_no_memory(parser);
        }
        *symbol->macro = (c_macro){.body = one, .body_end = one + 1};
    }
    return true;
}

/* TRUE and FALSE, which programs also declare themselves. */
static bool add_constants(c_parser *parser)
{
    static const c_value numbers[] = {{.bits = 0}, {.bits = 1}};
    c_symbol *no = c_intern(parser, "FALSE", 5);
    c_symbol *yes = c_intern(parser, "TRUE", 4);
    if (no == NULL || yes == NULL) {
        return false;
    }
    no->constant = &numbers[0];
    yes->constant = &numbers[1];
    no->is_ours = true;
    yes->is_ours = true;
    return true;
}

bool c_add_words(c_parser *parser)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *names = words[i].names;
        for (c_symbol *symbol; (symbol = next_name(parser, &names)) != NULL;) {
            symbol->word = words[i].word;
        }
    }
    return add_types(parser) && add_constants(parser) && add_macros(parser) && !parser->is_stopped;
}
