/*
 * What cJSON takes to print a document: reads it from standard input, prints it again as often as the
 * argument says, and tells the time on the processor for one of them, in ns.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BYTES_MAX = 16 * 1024 * 1024 };

static double processor_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int count_of_arguments, char **arguments)
{
    const long count = count_of_arguments == 2 ? strtol(arguments[1], NULL, 10) : 0;
    char *text = malloc(BYTES_MAX);
    const size_t length = text != NULL ? fread(text, 1, BYTES_MAX, stdin) : 0;
    cJSON *document = cJSON_ParseWithLength(text, length);
    if (document == NULL || count < 1) {
        return 1;
    }
    const double before_ns = processor_ns();
    for (long i = 0; i < count; i++) {
        char *printed = cJSON_PrintUnformatted(document);
        if (printed == NULL) {
            return 1;
        }
        cJSON_free(printed);
    }
    (void)printf("%.0f\n", (processor_ns() - before_ns) / (double)count);
    cJSON_Delete(document);
    free(text);
    return 0;
}
