/* What the tabs of a section share: the selection, the edits, and the notices about them. */
import type { Section } from "../../api/api";
import type { FieldPlace } from "../../api/layouts";
import { Observable } from "../../base/store";
import { type Conflict, type Edit, EDIT_MAX_BYTES, Edits, guardedWrite } from "./edits";
import type { Mark } from "./field-marks";
import { marked } from "./field-values";
import { caretAt, lengthOf, type Move, moveSelection, type Selection, startOf } from "./selection";
import { Source } from "./source";

export type Side = "hex" | "text";

/** A write that was not done because the bytes are others by now. */
export interface Clash {
  edit: Edit;
  found: Uint8Array;
  /** Records the edit for undo, once it was written nevertheless. */
  settle: (written: Edit) => void;
}

/** Tells when the caret, an edit or a notice changed. */
export class Model extends Observable {
  readonly source: Source;
  readonly edits = new Edits();
  readonly writable: boolean;
  selection: Selection = caretAt(0);
  side: Side = "hex";
  /** The first of two hex digits, and the byte before it was typed; -1 if that was not known. */
  pending: { offset: number; digit: number; before: number } | null = null;
  clash: Clash | null = null;
  problem: unknown = null;
  /** The last match of a search. */
  match: { offset: number; length: number } | null = null;
  /** Where the fields of the layout lie. */
  places: readonly FieldPlace[] = [];
  /** Those of them that have visible bytes; the grid sets it. */
  marks: readonly Mark[] = [];
  /** What happened last, for screen readers. */
  announcement = "";
  columns = 16;
  pageRows = 16;
  /** As many columns as were asked for; 0 for as many as fit. */
  columnsWanted = 0;
  /** The first byte that is visible, for when the grid is shown again. */
  firstVisible = 0;
  /** Brings an offset into view; the grid sets it. */
  reveal: (offset: number) => void = () => {};
  private writes: Promise<void> = Promise.resolve();

  constructor(readonly section: Section) {
    super();
    this.source = new Source(section);
    this.writable = section.access !== "read";
  }

  get size(): number {
    return this.source.size;
  }

  get start(): number {
    return startOf(this.selection);
  }

  get length(): number {
    return lengthOf(this.selection);
  }

  /** The paths of the fields that have this byte, of those that are marked. */
  fieldAt(offset: number): string {
    return this.marks
      .filter((mark) => offset >= mark.offset && offset < mark.offset + mark.length)
      .map(({ path }) => marked(path))
      .join(", ");
  }

  close(): void {
    this.source.close();
    this.dropListeners();
  }

  select(selection: Selection, side = this.side): void {
    this.selection = selection;
    this.side = side;
    this.pending = null;
    this.tell();
  }

  goTo(offset: number, bytes = 1): void {
    const last = Math.min(this.size, offset + bytes) - 1;
    this.select({ anchor: offset, head: Math.max(offset, last) });
    this.reveal(offset);
  }

  move(kind: Move, extend: boolean): void {
    const shape = { size: this.size, columns: this.columns, pageRows: this.pageRows };
    this.select(moveSelection(this.selection, kind, extend, shape));
    this.reveal(this.selection.head);
  }

  /** Takes a hex digit at the caret: the second one of a byte writes the byte. */
  typeDigit(digit: number): void {
    if (!this.mayWrite()) {
      return;
    }
    const { pending } = this;
    if (pending) {
      const before = pending.before < 0 ? null : Uint8Array.of(pending.before);
      this.advance(pending.offset + 1);
      void this.write(pending.offset, before, Uint8Array.of(pending.digit * 16 + digit));
      return;
    }
    const offset = this.start;
    this.select(caretAt(offset));
    this.pending = { offset, digit, before: this.source.pages.byte(offset) };
    this.tell();
  }

  typeText(text: string): void {
    this.writeSeen(this.start, new TextEncoder().encode(text), true);
  }

  zeroSelection(): void {
    if (this.length > EDIT_MAX_BYTES) {
      this.fail(new Error(`At most ${EDIT_MAX_BYTES} bytes can be written at once.`));
    } else {
      this.writeSeen(this.start, new Uint8Array(this.length), false);
    }
  }

  /** Writes over the bytes if they are still those that are shown, or `seen`. */
  writeSeen(offset: number, bytes: Uint8Array, advance: boolean, seen?: Uint8Array): void {
    if (!this.mayWrite()) {
      return;
    }
    if (offset + bytes.length > this.size) {
      this.fail(new Error(`${bytes.length} bytes from there reach past the section's end.`));
      return;
    }
    if (bytes.length > EDIT_MAX_BYTES) {
      this.fail(new Error(`At most ${EDIT_MAX_BYTES} bytes can be written at once.`));
      return;
    }
    const before = seen ?? this.source.pages.bytes(offset, bytes.length);
    if (advance) {
      this.advance(offset + bytes.length);
    }
    void this.write(offset, before, bytes);
  }

  /** Writes if the bytes are still `before`; null reads them first. */
  write(offset: number, before: Uint8Array | null, after: Uint8Array): Promise<void> {
    return this.enqueue(async () => {
      const seen = before ?? (await this.source.read(offset, after.length)).bytes;
      const edit = { offset, before: seen, after };
      await this.apply(edit, (written) => this.edits.push(written));
    });
  }

  undo(): void {
    void this.enqueue(async () => {
      const edit = this.edits.undo();
      if (edit) {
        await this.apply(edit, () => this.edits.settleUndo());
        this.goTo(edit.offset, edit.after.length);
      }
    });
  }

  redo(): void {
    void this.enqueue(async () => {
      const edit = this.edits.redo();
      if (edit) {
        await this.apply(edit, () => this.edits.settleRedo());
        this.goTo(edit.offset, edit.after.length);
      }
    });
  }

  /** Writes the edit of the clash after all, over the bytes that the notice shows. */
  overwrite(): void {
    const { clash } = this;
    if (clash) {
      this.clash = null;
      const edit = { ...clash.edit, before: clash.found };
      void this.enqueue(() => this.apply(edit, clash.settle));
    }
  }

  dismiss(): void {
    this.clash = null;
    this.problem = null;
    this.pending = null;
    this.tell();
  }

  fail(problem: unknown): void {
    this.problem = problem;
    this.tell();
  }

  announce(text: string): void {
    this.announcement = text;
    this.tell();
  }

  private mayWrite(): boolean {
    if (!this.writable) {
      this.fail(new Error("This section was opened for reading only, so it cannot be edited."));
    }
    return this.writable && !this.source.gone;
  }

  private advance(offset: number): void {
    const to = Math.min(this.size - 1, offset);
    this.select(caretAt(to));
    this.reveal(to);
  }

  /** Sends writes one after the other, in the order in which they were typed. */
  private enqueue(task: () => Promise<void>): Promise<void> {
    this.writes = this.writes.then(task).catch((error: unknown) => this.fail(error));
    return this.writes;
  }

  private async apply(edit: Edit, settle: (written: Edit) => void): Promise<void> {
    const found: Conflict = await guardedWrite(this.source, edit);
    if (found) {
      this.source.storeUnlessLive({ offset: edit.offset, bytes: found });
      this.clash = { edit, found, settle };
    } else {
      this.source.storeUnlessLive({ offset: edit.offset, bytes: edit.after });
      this.problem = null;
      settle(edit);
    }
    this.tell();
  }
}
