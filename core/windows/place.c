#include <section_windows/place.h>

#include <stdbool.h>
#include <stdlib.h>

#include <section_windows/cleanup.h>

HANDLE place_open_folder(const wchar_t *path, DWORD rights)
{
    return CreateFileW(path, rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

/* The path of an open handle, in one form of the volume's name; the caller frees it. */
static wchar_t *final_path(HANDLE handle, DWORD form)
{
    const DWORD units = GetFinalPathNameByHandleW(handle, NULL, 0, form);
    wchar_t *path = units > 0 ? malloc((units + 1) * sizeof *path) : NULL;
    const DWORD length =
        path != NULL ? GetFinalPathNameByHandleW(handle, path, units + 1, form) : 0;
    if (length == 0 || length > units) {
        free(path);
        return NULL;
    }
    return path;
}

/* The part of `inner` behind `outer` and a backslash. A drive's root ends with its own backslash. */
static wchar_t *part_below(const wchar_t *outer, const wchar_t *inner)
{
    size_t length = wcslen(outer);
    while (length > 0 && outer[length - 1] == L'\\') {
        length--;
    }
    if (wcsncmp(outer, inner, length) != 0 || (inner[length] != L'\\' && inner[length] != L'\0')) {
        return NULL;
    }
    return _wcsdup(inner + length + (inner[length] == L'\\' ? 1 : 0));
}

wchar_t *place_below(HANDLE folder, HANDLE object)
{
    /* Not every volume has a drive's letter. Wine tells the device for the mount of its drives only. */
    static const DWORD forms[] = {VOLUME_NAME_NT, VOLUME_NAME_DOS};
    wchar_t *below = NULL;
    bool told = false;
    for (size_t i = 0; !told && i < sizeof forms / sizeof forms[0]; i++) {
        _cleanup_free_ wchar_t *outer = final_path(folder, forms[i]);
        _cleanup_free_ wchar_t *inner = final_path(object, forms[i]);
        told = outer != NULL && inner != NULL;
        below = told ? part_below(outer, inner) : NULL;
    }
    return below;
}
