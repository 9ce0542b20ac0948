#include "base/tcp_table.h"

#include <inet.h> /* of the platform's folder */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { END_BYTES = 48 };

/* An end of a connection as the list has it: addresses in words of the machine's own order. */
static void format_end(const struct sockaddr_storage *address, bool mapped, char *ret_text)
{
    uint32_t words[4];
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        memcpy(words, &v4->sin_addr, sizeof words[0]);
        (void)snprintf(ret_text, END_BYTES, "%s%08X:%04X", mapped ? "0000000000000000FFFF0000" : "",
                       (unsigned)words[0], ntohs(v4->sin_port));
        return;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    memcpy(words, &v6->sin6_addr, sizeof words);
    (void)snprintf(ret_text, END_BYTES, "%08X%08X%08X%08X:%04X", (unsigned)words[0],
                   (unsigned)words[1], (unsigned)words[2], (unsigned)words[3],
                   ntohs(v6->sin6_port));
}

/* Cuts the next word off a line; NULL: there is none. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \n");
    char *end = word + strcspn(word, " \n");
    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return *word != '\0' ? word : NULL;
}

/* A line as words: number, ends, state, queues, timer, retransmits, user, timeouts, inode. */
enum { WORD_LOCAL = 1, WORD_REMOTE = 2, WORD_USER = 7, WORD_INODE = 9, WORDS = 10 };

bool tcp_table_find_user(FILE *rows, const struct sockaddr_storage *local,
                         const struct sockaddr_storage *remote, bool mapped, unsigned *ret_user)
{
    char line[512];
    char wanted_local[END_BYTES];
    char wanted_remote[END_BYTES];
    format_end(local, mapped, wanted_local);
    format_end(remote, mapped, wanted_remote);
    while (fgets(line, sizeof line, rows) != NULL) {
        char *rest = line;
        const char *words[WORDS];
        unsigned count = 0;
        while (count < WORDS && (words[count] = next_word(&rest)) != NULL) {
            count++;
        }
        if (count == WORDS && strcmp(words[WORD_LOCAL], wanted_local) == 0 &&
            strcmp(words[WORD_REMOTE], wanted_remote) == 0 &&
            strtoul(words[WORD_INODE], NULL, 10) != 0) { /* 0: nobody has taken it */
            *ret_user = (unsigned)strtoul(words[WORD_USER], NULL, 10);
            return true;
        }
    }
    return false;
}
