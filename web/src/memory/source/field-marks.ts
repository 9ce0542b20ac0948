/* Which field the bytes of the hex view are of. */
import type { FieldPlace } from "../../api/layouts";
import { VALUE_TYPES } from "../../api/value-types";

export interface Mark {
  path: string;
  offset: number;
  length: number;
  /** Which of the colours; neighbours have different ones. */
  colour: number;
}

const MARKS_MOST = 20_000;
export const MARK_COLOURS = 6;

/** A field on the way down: how far its element is from the first one of each array around. */
interface At {
  place: FieldPlace;
  path: string;
  delta: number;
  colour: number;
}

function extentOf({ size, stride, count, offset }: FieldPlace): [number, number] {
  const first = Array.isArray(count) ? (count[0] ?? 0) : (count ?? 1);
  return [offset, offset + Math.max(size, stride === undefined ? size : stride * first)];
}

/** Its fields, if there are some, are its bits. A structure may begin with a bit field, too. */
const isNumber = ({ type }: FieldPlace): boolean => VALUE_TYPES.some(({ id }) => id === type);

/** The fields that have bytes from `from` up to `to`, in order of their paths. */
export function marksIn(places: readonly FieldPlace[], from: number, to: number): Mark[] {
  const marks: Mark[] = [];
  const walk = (list: readonly FieldPlace[], prefix: string, delta: number, colour: number): void => {
    list.forEach((place, i) => {
      const [start, end] = extentOf(place);
      if (start + delta < to && end + delta > from && marks.length < MARKS_MOST) {
        const at = { place, path: prefix + place.name, delta, colour: colour + i };
        elements(at, place.count === undefined ? [] : [place.count].flat(), place.stride ?? 0);
      }
    });
  };
  const elements = (at: At, counts: number[], stride: number): void => {
    const { place, path, delta } = at;
    const [count, ...inner] = counts;
    if (count === undefined) {
      leaf(at, place.count === undefined ? place.size : stride);
      return;
    }
    const start = place.offset + delta;
    const first = stride > 0 ? Math.max(0, Math.floor((from - start) / stride)) : 0;
    const last = stride > 0 ? Math.min(count, Math.ceil((to - start) / stride)) : 0;
    for (let i = first; i < last && marks.length < MARKS_MOST; i++) {
      const next = inner.length > 0 ? stride / Math.max(1, inner[0]!) : stride;
      const element = {
        ...at, path: `${path}[${i}]`, delta: delta + i * stride,
        colour: at.colour + i * (place.fields?.length ?? 1),
      };
      elements(element, inner, next);
    }
  };
  const leaf = ({ place, path, delta, colour }: At, length: number): void => {
    const offset = place.offset + delta;
    if (place.fields && !isNumber(place)) {
      walk(place.fields, `${path}.`, delta, colour);
    } else if (offset < to && offset + length > from && marks.length < MARKS_MOST) {
      const same = marks.at(-1)?.colour === colour % MARK_COLOURS;
      marks.push({ path, offset, length, colour: (colour + (same ? 3 : 0)) % MARK_COLOURS });
    }
  };
  walk(places, "", 0, 0);
  return marks;
}
