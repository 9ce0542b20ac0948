#include "user.h"

#include <stdlib.h>

#include <section_windows/cleanup.h>

TOKEN_USER *user_of(HANDLE process)
{
    _cleanup_handle_ HANDLE token = NULL;
    DWORD length = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE;
    _cleanup_free_ TOKEN_USER *user = malloc(length);
    if (user == NULL || !OpenProcessToken(process, TOKEN_QUERY, &token) ||
        !GetTokenInformation(token, TokenUser, user, length, &length)) {
        return NULL;
    }
    TOKEN_USER *found = user;
    user = NULL;
    return found;
}

bool user_is_system(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalSystemSid) ||
           IsWellKnownSid(sid, WinBuiltinAdministratorsSid);
}
