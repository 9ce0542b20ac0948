/*
 * Writing a field only if its value is still the one that the user saw. The tag that the write names is
 * of the value as it was just read, so that what changes in between is told and not written over.
 */
import type { FieldValue } from "../../api/layouts";

/** A field by the layout that it is one of: another layout may have another field of that path. */
export interface FieldOfLayout {
  layout: string;
  path: string;
}

/** What a guarded write needs of the API. */
export interface FieldMemory {
  read(field: FieldOfLayout): Promise<{ value: FieldValue | undefined; etag: string | null }>;
  /** False if the tag did not match any more. */
  write(field: FieldOfLayout, value: FieldValue, etag: string): Promise<boolean>;
}

/** Both as they were when the value was pressed, whatever the page shows by now. */
export interface FieldEdit extends FieldOfLayout {
  before: FieldValue;
  after: FieldValue;
}

const ATTEMPTS = 20;

/** Null if it was written, else the value that was found: undefined where the field is not there. */
export async function guardedStore(memory: FieldMemory, edit: FieldEdit):
    Promise<{ found: FieldValue | undefined } | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { value, etag } = await memory.read(edit);
    if (value !== edit.before) {
      return { found: value };
    }
    if (etag === null) {
      throw new Error("no consistent copy of the field could be made");
    }
    if (await memory.write(edit, edit.after, etag)) {
      return null;
    }
  }
  throw new Error("the field changes too fast to write there safely");
}
