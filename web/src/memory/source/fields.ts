/*
 * The fields of one section by one layout, live. All are asked for at first, so that it is known which
 * there are; then those are watched that a view shows or a chart has. Which there are is seen where all
 * parts of something are watched, and else by where the fields lie, which is asked for again and again:
 * if that changed, all are asked for once more.
 */
import { ApiProblem, type Section, api } from "../../api/api";
import { type FieldsSubscription, subscribeFields } from "../../api/events";
import { type FieldPlace, type FieldValue, type FittingLayout, layouts } from "../../api/layouts";
import { Observable } from "../../base/store";
import { type FieldEdit, type FieldMemory, type FieldOfLayout, guardedStore } from "./field-edit";
import { type Select, isSelected, selectOf } from "./field-select";
import { type FieldNode, treeOf } from "./field-tree";

const INTERVAL_MS = 50;
/** Places are asked for again once the paths have not changed for so long. */
const SETTLE_MS = 150;
/** Others are watched once what is shown has not changed for so long. */
const SELECT_AFTER_MS = 150;

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
  /** What is watched, by who watches it. */
  private readonly wanted = new Set<{ paths: readonly string[] | null }>();
  private stream: FieldsSubscription | null = null;
  /** What the stream is asked for. */
  private select: Select = null;
  /** What the daemon did not take, which would be asked for again else. */
  private refusedSelect: Select = null;
  /** All were asked for, and have not come yet. */
  private looking = true;
  /** How often values were told: one that was read before is older. */
  private told = 0;
  private placesAsked = 0;
  private placesTag: string | null = null;
  private writes: Promise<void> = Promise.resolve();
  private isChosen: boolean;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private selectTimer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(readonly section: Section) {
    super();
    this.layout = section.layout;
    this.kept = section.layout;
    this.isChosen = section.layout !== null;
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
    if (!this.isChosen && best?.by.some((reason) => reason !== "size")) {
      this.choose(best.name);
    }
    this.tell();
  }

  choose(layout: string | null): void {
    this.layout = layout;
    this.isChosen = true;
    this.values.clear();
    Object.assign(this, { tree: [], places: [], known: false, problem: null, torn: false });
    Object.assign(this, { placesTag: null, refusedSelect: null });
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

  /** Watches what has these paths, or all, until the returned function is called. */
  watch(paths: readonly string[] | null): () => void {
    const one = { paths };
    this.wanted.add(one);
    this.selectSoon();
    return () => {
      this.wanted.delete(one);
      this.selectSoon();
    };
  }

  /** Asks where the fields lie now. */
  async loadPlaces(): Promise<void> {
    const { layout } = this;
    if (layout === null || this.closed) {
      return;
    }
    const asked = ++this.placesAsked;
    try {
      const answer = await layouts.places(this.section, layout, this.placesTag);
      if (answer && asked === this.placesAsked && layout === this.layout && !this.closed) {
        this.takePlaces(answer);
      }
    } catch {
      // The stream tells what is wrong.
    }
  }

  /** Asks where the fields lie, if that would not be seen in the values. */
  checkPlaces(): void {
    if (this.select !== null) {
      void this.loadPlaces();
    }
  }

  private takePlaces({ fields, etag }: { fields: FieldPlace[]; etag: string | null }): void {
    const isOtherShape = this.placesTag !== null && shapeOf(fields) !== shapeOf(this.places);
    this.placesTag = etag;
    this.places = fields;
    this.tree = treeOf(this.values.keys(), fields);
    if (isOtherShape && this.select !== null) {
      this.ask(null);
    }
    this.tell();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.selectTimer);
    this.stream?.stop();
    this.dropListeners();
  }

  pin(path: string, on: boolean): void {
    this.pins = on ? [...this.pins, path] : this.pins.filter((each) => each !== path);
    this.tell();
  }

  /** Writes a value if the one that was seen is still there; one after the other, as they were typed. */
  store(edit: FieldEdit): Promise<void> {
    this.writes = this.writes.then(() => this.storeNow(edit));
    return this.writes;
  }

  private async storeNow(edit: FieldEdit): Promise<void> {
    try {
      const clash = await guardedStore(this, edit);
      if (clash) {
        this.clash = { edit, found: clash.found };
      } else {
        this.refused = null;
        await this.refresh(edit);
      }
    } catch (error) {
      this.refused = error;
    }
    this.tell();
  }

  /** Reads what was written, unless the stream tells it first: that is not older. */
  private async refresh(field: FieldOfLayout): Promise<void> {
    const { told } = this;
    const { value } = await this.read(field);
    if (value !== undefined && told === this.told && this.layout === field.layout &&
        this.values.has(field.path)) {
      this.values.set(field.path, value);
    }
  }

  /** Writes over the value that the notice shows. */
  overwrite(): void {
    const { clash } = this;
    if (clash) {
      this.dismiss();
      void this.store({ ...clash.edit, before: clash.found ?? null });
    }
  }

  dismiss(): void {
    this.clash = null;
    this.refused = null;
    this.tell();
  }

  read({ layout, path }: FieldOfLayout) {
    return layouts.read(this.section, layout, path);
  }

  async write({ layout, path }: FieldOfLayout, value: FieldValue, etag: string): Promise<boolean> {
    try {
      await layouts.write(this.section, layout, path, value, etag);
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) {
        return false;
      }
      throw error;
    }
  }

  private restart(): void {
    this.stream?.stop();
    this.stream = null;
    this.told++;
    if (this.wanted.size === 0 || this.layout === null || this.closed || this.gone) {
      return;
    }
    Object.assign(this, { select: null, looking: true });
    const { section, layout, select } = this;
    this.stream = subscribeFields({ section, layout, select, interval_ms: INTERVAL_MS }, {
      values: (values, at, selected) => this.takeAll(values, at, selected),
      changed: (values, absent, at) => this.take(values, absent, at),
      torn: () => {
        this.torn = true;
        this.tell();
      },
      problem: (problem) => this.fail(problem),
      gone: (reason) => {
        this.gone = reason;
        this.tell();
      },
    });
  }

  private selectSoon(): void {
    clearTimeout(this.selectTimer);
    this.selectTimer = setTimeout(() => this.selectNow(), this.stream ? SELECT_AFTER_MS : 0);
  }

  /** Watches what is wanted, once it is known which fields there are. */
  private selectNow(): void {
    if (this.stream === null || this.wanted.size === 0) {
      this.restart();
      return;
    }
    if (this.looking) {
      return;
    }
    const paths = [...this.wanted].flatMap((each) => each.paths ?? []);
    const all = [...this.wanted].some((each) => each.paths === null);
    const select = all ? null : selectOf(new Set(paths), this.tree);
    if (!isSame(select, this.select) && (select === null || !isSame(select, this.refusedSelect))) {
      this.ask(select);
    }
  }

  private ask(select: Select): void {
    this.select = select;
    this.looking = select === null;
    this.stream?.select(select);
  }

  /** Fields that are asked for by their paths may be no more in a layout that was replaced. */
  private fail(problem: ApiProblem): void {
    if (problem.code === "bad_path" && this.select !== null) {
      this.refusedSelect = this.select;
      this.restart();
      return;
    }
    this.problem = problem;
    this.tell();
  }

  /** Values that a stream begins with, or that follow when the layout was replaced. */
  private takeAll(values: Record<string, FieldValue>, at: number, select: Select): void {
    const selected = new Set(select);
    const absent = [...this.values.keys()].filter((path) => !Object.hasOwn(values, path) &&
      (select === null || isSelected(path, selected)));
    if (select === null) {
      this.looking = false;
      this.values.clear(); // the order is that of the layout again
    } else {
      void this.loadPlaces();
    }
    this.take(values, absent, at);
    this.selectSoon();
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
    this.told++;
    if (others) {
      this.tree = treeOf(this.values.keys(), this.places);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.loadPlaces(), this.places.length > 0 ? SETTLE_MS : 0);
    }
    this.tell();
  }
}

/** Which fields there are, wherever they lie: the newest of several buffers is another one each time. */
const shapeOf = (places: FieldPlace[]): string =>
  JSON.stringify(places, (key, value: unknown) => (key === "offset" ? undefined : value));

const isSame = (a: Select, b: Select): boolean => a === b || (a !== null && b !== null && a.join() === b.join());
