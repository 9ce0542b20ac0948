#include "layouts/c.h"
section_status c_layout_print(const section_layout_source *source, char **ret_text,
                              section_error *ret_error)
{
    (void)source; (void)ret_text;
    return section_fail(ret_error, SECTION_NO_MEMORY, "x");
}
