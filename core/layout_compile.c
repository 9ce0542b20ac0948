#include "compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The description's own, for the caller. */
static const section_layout_type *given_type(const compilation *self, uint32_t type)
{
    if (type == PROGRAM_NONE) {
        return NULL;
    }
    return type == PROGRAM_WHOLE ? &self->given->whole : &self->given->types[type - 1];
}

static const section_layout_field *given_field(const compilation *self, uint32_t field)
{
    if (field == PROGRAM_NONE) {
        return NULL;
    }
    const program_field *program = &self->layout->fields[field];
    const uint32_t first = self->layout->types[program->type].first_field;
    return &given_type(self, program->type)->fields[field - first];
}

void compile_report(compilation *self, compile_place where, const char *format, ...)
{
    section_layout_problem problem = {.type = given_type(self, where.type),
                                      .field = given_field(self, where.field),
                                      .member = where.member,
                                      .index = where.index};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem.detail, sizeof problem.detail, format, arguments);
    va_end(arguments);
    if (self->problem_count == 0) {
        (void)section_fail(self->error, SECTION_BAD_LAYOUT, "%s", problem.detail);
    }
    self->problem_count++;
    if (self->problems != NULL && self->problems->count < self->problems->capacity) {
        self->problems->items[self->problems->count++] = problem;
    }
}

typedef void compile_step(compilation *self);

section_status section_layout_compile(const section_layout_source *source,
                                      section_layout **ret_layout,
                                      section_layout_problems *ret_problems,
                                      section_error *ret_error)
{
    static compile_step *const steps[] = {compile_copy,   compile_check,      compile_order,
                                          compile_places, compile_references, compile_conditions,
                                          compile_reads};
    compilation self = {.given = source, .problems = ret_problems, .error = ret_error};
    self.layout = calloc(1, sizeof *self.layout);
    self.is_out_of_memory = self.layout == NULL;
    if (ret_problems != NULL) {
        ret_problems->count = 0;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (!self.is_out_of_memory && self.problem_count == 0) {
            steps[i](&self);
        }
    }
    section_arena_release(&self.scratch);
    if (self.is_out_of_memory || self.problem_count > 0) {
        section_layout_free(self.layout);
        return self.is_out_of_memory
                   ? section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout")
                   : SECTION_BAD_LAYOUT;
    }
    *ret_layout = self.layout;
    return SECTION_OK;
}
