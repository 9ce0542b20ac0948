/* The state of the search: what is looked for, the progress, and the outcome. */
import { Observable } from "../../base/store";
import type { Model } from "../source/model";
import { find, type FindOptions, parsePattern } from "./find";

export class Finder extends Observable {
  text = "";
  options: FindOptions = { kind: "bytes", encoding: "utf-8", type: "u32", little: true };
  /** The share of the section that was searched; null if no search is under way. */
  progress: number | null = null;
  outcome: { text: string; wrong: boolean } | null = null;
  private controller: AbortController | null = null;

  constructor(private readonly model: Model) {
    super();
  }

  change(text: string, options: Partial<FindOptions> = {}): void {
    this.text = text;
    this.options = { ...this.options, ...options };
    this.outcome = null;
    this.cancel();
  }

  cancel(): void {
    this.controller?.abort();
    this.controller = null;
    this.progress = null;
    this.tell();
  }

  /** Searches from the caret on, and on from the other end of the section. */
  async next(backwards: boolean): Promise<void> {
    this.cancel();
    const controller = new AbortController();
    this.controller = controller;
    try {
      const pattern = parsePattern(this.text, this.options);
      this.progress = 0;
      this.outcome = null;
      this.tell();
      const found = await find({
        read: async (offset, length, signal) =>
          (await this.model.source.read(offset, length, signal)).bytes,
        size: this.model.size,
        pattern,
        from: this.startOf(pattern.bytes.length, backwards),
        backwards,
        signal: controller.signal,
        progress: (share) => {
          this.progress = share;
          this.tell();
        },
      });
      this.finish(found, pattern.bytes.length);
    } catch (error) {
      if (!controller.signal.aborted) {
        this.progress = null;
        this.outcome = { text: (error as Error).message, wrong: true };
        this.tell();
      }
    }
  }

  private finish(found: number | null, length: number): void {
    this.progress = null;
    if (found === null) {
      this.outcome = { text: "Not found anywhere in the section.", wrong: true };
    } else {
      this.outcome = { text: `Found at 0x${found.toString(16)}.`, wrong: false };
      this.model.match = { offset: found, length };
      this.model.goTo(found, length);
    }
    this.tell();
  }

  /** Where to start: behind the match that is selected, else at the caret. */
  private startOf(length: number, backwards: boolean): number {
    const { model } = this;
    const onMatch = model.match?.offset === model.start && model.match.length === length;
    if (!onMatch) {
      return model.start;
    }
    const next = model.start + (backwards ? -1 : 1);
    return next < 0 ? model.size - 1 : next;
  }
}
