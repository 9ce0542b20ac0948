import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Line, type View, firstSeen, linesOf, viewOf } from "./rows";

/** As the style sheet has it. */
export const ROW_HEIGHT = 27;
/** Tables of so many rows are drawn whole. */
const WHOLE_MOST = 60;

/** The lines of a table's body: of a long one those in view, and the row that has or had the focus. */
export function useRows(count: number) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [view, setView] = useState<View>({ first: 0, end: WHOLE_MOST });
  const [kept, setKept] = useState<number | null>(null);
  const isWhole = count <= WHOLE_MOST;
  useLayoutEffect(() => {
    const scroller = body.current?.closest(".mem-values-list");
    if (isWhole || !scroller) {
      return undefined;
    }
    const look = (): void => {
      const edge = scroller.getBoundingClientRect();
      const above = body.current!.getBoundingClientRect().top - edge.top;
      const next = viewOf(count, ROW_HEIGHT, above, edge.height);
      setView((old) => (old.first === next.first && old.end === next.end ? old : next));
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    // Of the content, too: what opens above moves the table.
    const sizes = new ResizeObserver(look);
    sizes.observe(scroller);
    sizes.observe(scroller.firstElementChild!);
    return () => {
      scroller.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [count, isWhole]);
  const shown = isWhole ? { first: 0, end: count } : view;
  const lines: Line[] = linesOf(count, shown, kept);
  const onFocusIn = (event: FocusEvent): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset["row"];
    if (row !== undefined) {
      setKept(Number(row));
    }
  };
  const tabRow = kept !== null && kept < count ? kept : firstSeen(shown);
  return { body, lines, tabRow, onFocusIn, rowCount: isWhole ? undefined : count + 1 };
}
