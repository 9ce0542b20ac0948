/* Methods and targets: `METHOD TARGET`. What is found has that method and path; the rest is refused. */
#include "api/route.h"
#include "api/request.h"
#include "fuzz.h"

static void check_query(request *request)
{
    static const parameter known[] = {
        {.name = "offset", .kind = PARAMETER_NUMBER, .most = PARAMETER_MOST},
        {.name = "flush", .kind = PARAMETER_FLAG},
        {.name = NULL},
    };
    uint64_t number = 0;
    bool flag = false;
    if (request_parse_query(request, NULL) != SECTION_OK) {
        return;
    }
    MUST(request->parameter_count <= REQUEST_PARAMETERS_MAX);
    if (request_check_parameters(request, known, NULL) == SECTION_OK) {
        MUST(request->parameter_count <= 2);
        if (request_number(request, "offset", &number)) {
            MUST(number < UINT64_C(1) << 53);
        }
        (void)request_flag(request, "flush", &flag);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    request request = {0};
    char path[256];
    char *name = fuzz_text(&input, ' ');
    char *target = fuzz_text(&input, '\0');
    request.method = method_parse(name, &request.head);
    if (request_parse_target(&request, target, NULL) == SECTION_OK) {
        const route_match match = route_find(all_routes, &request);
        MUST(request.segment_count > 0);
        MUST(match.route == NULL || match.route->method == request.method);
        MUST(match.route == NULL || (match.path_methods & 1u << request.method) != 0);
        char allow[64];
        route_allow(match.path_methods, allow, sizeof allow);
        request_format_path(&request, path, sizeof path);
        MUST(strlen(path) < sizeof path);
        check_query(&request);
    }
    free(target);
    free(name);
    return 0;
}
