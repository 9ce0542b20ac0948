/*
 * Writing a field only if its value is still the one that the user saw. The tag that the write names is
 * of the value as it was just read, so that what changes in between is told and not written over.
 */
import type { FieldValue } from "../../api/layouts";

/** What a guarded write needs of the API. */
export interface FieldMemory {
  read(path: string): Promise<{ value: FieldValue | undefined; etag: string | null }>;
  /** False if the tag did not match any more. */
  write(path: string, value: FieldValue, etag: string): Promise<boolean>;
}

export interface FieldEdit {
  path: string;
  before: FieldValue;
  after: FieldValue;
}

const ATTEMPTS = 20;

/** Null if it was written, else the value that was found: undefined where the field is not there. */
export async function guardedStore(memory: FieldMemory, edit: FieldEdit):
    Promise<{ found: FieldValue | undefined } | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { value, etag } = await memory.read(edit.path);
    if (value !== edit.before) {
      return { found: value };
    }
    if (etag === null) {
      throw new Error("no consistent copy of the field could be made");
    }
    if (await memory.write(edit.path, edit.after, etag)) {
      return null;
    }
  }
  throw new Error("the field changes too fast to write there safely");
}
