/*
 * The fields of one section by one layout, live. They are watched while a view shows them or a chart has
 * one of them.
 */
import { ApiProblem, type Section, api } from "../../api/api";
import { subscribeFields } from "../../api/events";
import { type FieldPlace, type FieldValue, type FittingLayout, layouts } from "../../api/layouts";
import { Observable } from "../../base/store";
import { type FieldEdit, type FieldMemory, guardedStore } from "./field-edit";
import { type FieldNode, treeOf } from "./field-tree";

const INTERVAL_MS = 50;
/** Places are asked for again once the paths have not changed for so long. */
const SETTLE_MS = 150;

/** A write that was not done because the value is another by now. */
export interface FieldClash {
  edit: FieldEdit;
  found: FieldValue | undefined;
}

/** Tells after values came or changed, or what is wrong did. */
export class Fields extends Observable implements FieldMemory {
  layout: string | null;
  /** The one that the section has for all who ask for its fields. */
  kept: string | null;
  /** The layouts that fit, the best first; null until it was asked for. */
  fitting: FittingLayout[] | null = null;
  readonly values = new Map<string, FieldValue>();
  /** Where they lie; of the layout before until the answer has come. */
  places: FieldPlace[] = [];
  tree: FieldNode[] = [];
  /** Whether values have come since the layout was chosen. */
  known = false;
  /** The daemon's time of the last values. */
  at = 0;
  problem: ApiProblem | null = null;
  torn = false;
  gone: string | null = null;
  clash: FieldClash | null = null;
  /** What a write was refused with. */
  refused: unknown = null;
  /** Paths that stay in view. */
  pins: readonly string[] = [];
  private watchers = 0;
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(readonly section: Section) {
    super();
    this.layout = section.layout;
    this.kept = section.layout;
  }

  /**
   * Finds which layouts fit, and takes the best where the section has none. That it is as long as one
   * says little by itself: then the user is asked.
   */
  async findLayouts(): Promise<void> {
    try {
      this.fitting = await layouts.fitting(this.section);
    } catch {
      this.fitting = []; // others can be chosen by name
    }
    const [best] = this.fitting;
    if (this.layout === null && best?.by.some((reason) => reason !== "size")) {
      this.choose(best.name);
    }
    this.tell();
  }

  choose(layout: string | null): void {
    this.layout = layout;
    this.values.clear();
    Object.assign(this, { tree: [], places: [], known: false, problem: null, torn: false });
    Object.assign(this, { clash: null, refused: null });
    this.restart();
    this.tell();
  }

  /** Gives the section the layout, or takes its layout away. */
  async keep(layout: string | null): Promise<void> {
    await api.change(this.section, { layout });
    this.kept = layout;
    this.tell();
  }

  /** Watches the values until the returned function is called. */
  watch(): () => void {
    this.watchers++;
    if (this.watchers === 1) {
      this.restart();
    }
    return () => {
      this.watchers--;
      if (this.watchers === 0) {
        this.restart();
      }
    };
  }

  /** Asks where the fields lie now. */
  async loadPlaces(): Promise<void> {
    const { layout } = this;
    if (layout === null || this.closed) {
      return;
    }
    try {
      const places = await layouts.places(this.section, layout);
      if (layout === this.layout && !this.closed) {
        this.places = places;
        this.tree = treeOf(this.values.keys(), places);
        this.tell();
      }
    } catch {
      // The stream tells what is wrong.
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stop?.();
    this.dropListeners();
  }

  pin(path: string, on: boolean): void {
    this.pins = on ? [...this.pins, path] : this.pins.filter((each) => each !== path);
    this.tell();
  }

  /** Writes a value if the one that was seen is still there. */
  async store(edit: FieldEdit): Promise<void> {
    this.clash = null;
    this.refused = null;
    this.tell();
    try {
      const clash = await guardedStore(this, edit);
      this.clash = clash && { edit, found: clash.found };
      if (!clash && this.values.has(edit.path)) {
        this.values.set(edit.path, (await this.read(edit.path)).value ?? null);
      }
    } catch (error) {
      this.refused = error;
    }
    this.tell();
  }

  /** Writes over the value that the notice shows. */
  overwrite(): void {
    if (this.clash) {
      void this.store({ ...this.clash.edit, before: this.clash.found ?? null });
    }
  }

  dismiss(): void {
    this.clash = null;
    this.refused = null;
    this.tell();
  }

  read(path: string) {
    return layouts.read(this.section, this.layout ?? "", path);
  }

  async write(path: string, value: FieldValue, etag: string): Promise<boolean> {
    try {
      await layouts.write(this.section, this.layout ?? "", path, value, etag);
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) {
        return false;
      }
      throw error;
    }
  }

  private restart(): void {
    this.stop?.();
    this.stop = null;
    if (this.watchers === 0 || this.layout === null || this.closed || this.gone) {
      return;
    }
    const watch = { section: this.section, layout: this.layout, interval_ms: INTERVAL_MS };
    this.stop = subscribeFields(watch, {
      values: (values, at) => {
        this.values.clear();
        this.take(values, [], at);
      },
      changed: (values, absent, at) => this.take(values, absent, at),
      torn: () => {
        this.torn = true;
        this.tell();
      },
      problem: (problem) => {
        this.problem = problem;
        this.tell();
      },
      gone: (reason) => {
        this.gone = reason;
        this.tell();
      },
    });
  }

  private take(values: Record<string, FieldValue>, absent: string[], at: number): void {
    let others = absent.length > 0 || !this.known;
    for (const [path, value] of Object.entries(values)) {
      others ||= !this.values.has(path);
      this.values.set(path, value);
    }
    absent.forEach((path) => this.values.delete(path));
    this.known = true;
    this.problem = null;
    this.torn = false;
    this.at = at;
    if (others) {
      this.tree = treeOf(this.values.keys(), this.places);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.loadPlaces(), this.places.length > 0 ? SETTLE_MS : 0);
    }
    this.tell();
  }
}
