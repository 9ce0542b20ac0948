/*
 * A cache of the section: the pages of 4 KiB used last, and when each of their bytes was last seen to
 * change. Views read it without waiting.
 */
export const PAGE_BYTES = 4096;
const PAGES_MAX = 512;

interface Page {
  bytes: Uint8Array;
  /** Milliseconds by the caller's clock, 0 for never; made with the first change. */
  changedAt: Float64Array | null;
}

export type OnChange = (offset: number, length: number) => void;

export class Pages {
  private readonly pages = new Map<number, Page>();

  constructor(
    readonly size: number,
    private readonly most = PAGES_MAX,
  ) {}

  /** The byte, or -1 where we do not know it. */
  byte(offset: number): number {
    const page = this.pages.get(Math.floor(offset / PAGE_BYTES));
    return page?.bytes[offset % PAGE_BYTES] ?? -1;
  }

  /** When the byte was last seen to change; 0 for never. */
  changedAt(offset: number): number {
    const page = this.pages.get(Math.floor(offset / PAGE_BYTES));
    return page?.changedAt?.[offset % PAGE_BYTES] ?? 0;
  }

  /** A copy of the bytes, or null where one is not known. */
  bytes(offset: number, length: number): Uint8Array | null {
    const out = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = offset + done;
      const page = this.pages.get(Math.floor(at / PAGE_BYTES));
      const start = at % PAGE_BYTES;
      if (!page || start >= page.bytes.length) return null;
      const part = page.bytes.subarray(start, start + length - done);
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  knows(offset: number, length: number): boolean {
    const last = Math.floor((offset + Math.max(1, length) - 1) / PAGE_BYTES);
    for (let index = Math.floor(offset / PAGE_BYTES); index <= last; index++) {
      if (!this.pages.has(index)) return false;
    }
    return true;
  }

  /**
   * Takes bytes as they are now. Where others stood, their time of change is `now` and `onChange`
   * hears of it. A page that is new to us has to come whole: torn pages are left out.
   */
  store(offset: number, bytes: Uint8Array, now: number, onChange?: OnChange): void {
    const end = Math.min(this.size, offset + bytes.length);
    for (let at = offset; at < end;) {
      const index = Math.floor(at / PAGE_BYTES);
      const next = Math.min(end, (index + 1) * PAGE_BYTES);
      this.storePart(index, at, bytes.subarray(at - offset, next - offset), now, onChange);
      at = next;
    }
    this.forgetOldest();
  }

  private storePart(
    index: number,
    at: number,
    part: Uint8Array,
    now: number,
    onChange?: OnChange,
  ): void {
    const start = index * PAGE_BYTES;
    const page = this.pages.get(index);
    if (page) {
      this.pages.delete(index);
      this.pages.set(index, page);
      replace(page, at - start, part, now, (from, length) => onChange?.(start + from, length));
    } else if (part.length === Math.min(PAGE_BYTES, this.size - start)) {
      this.pages.set(index, { bytes: part.slice(), changedAt: null });
    }
  }

  private forgetOldest(): void {
    for (const index of this.pages.keys()) {
      if (this.pages.size <= this.most) return;
      this.pages.delete(index);
    }
  }
}

/** Overwrites part of a page; `onChange` gets each run of bytes that differ. */
function replace(
  page: Page,
  start: number,
  part: Uint8Array,
  now: number,
  onChange: OnChange,
): void {
  const bytes = page.bytes;
  for (let i = 0; i < part.length; i++) {
    if (bytes[start + i] === part[i]) continue;
    const from = i;
    while (i < part.length && bytes[start + i] !== part[i]) i++;
    bytes.set(part.subarray(from, i), start + from);
    page.changedAt ??= new Float64Array(bytes.length);
    page.changedAt.fill(now, start + from, start + i);
    onChange(start + from, i - from);
  }
}
