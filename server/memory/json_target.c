#include "memory/json_target.h"

section_status target_from_json(const cJSON *id, plan_target *target, section_error *ret_error)
{
    const double number = cJSON_IsNumber(id) ? id->valuedouble : -1;
    target->text = cJSON_GetStringValue(id);
    if (target->text != NULL) {
        return SECTION_OK;
    }
    if (!(number >= 0 && number < 9007199254740992.0) || number != (double)(uint64_t)number) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"id\" must be an id or \"@NAME\"");
    }
    target->id = (uint64_t)number;
    return SECTION_OK;
}
