import { useEffect, useMemo } from "preact/hooks";
import type { DeclaredLayout } from "../../api/layouts";
import { useFollow } from "../../ui/hooks";
import { marked, typeText } from "../source/field-values";
import type { Model } from "../source/model";
import { rowsOf, valueOf } from "./preview";

const ROWS_MOST = 300;
const DRAW_EVERY_MS = 250;
/** No more bytes than so many from the start of the section are watched for this. */
const BYTES_MOST = 65536;

/** The fields of a layout that is not kept yet, with the values that the section has now. */
export function Preview({ layout, model }: { layout: DeclaredLayout; model: Model }) {
  useFollow(model.source, () => DRAW_EVERY_MS);
  const rows = useMemo(() => rowsOf(layout, ROWS_MOST), [layout]);
  useEffect(() => {
    const ends = rows.map(({ offset, bytes }) => (offset === null ? 0 : offset + bytes));
    model.source.show(0, Math.min(model.size, BYTES_MOST, Math.max(1, ...ends)));
  }, [rows]);
  const valueNow = (row: (typeof rows)[number]): string => {
    const { offset, bytes } = row;
    if (offset === null || bytes === 0) {
      return "";
    }
    if (offset + bytes > model.size) {
      return "beyond the end";
    }
    const found = model.source.pages.bytes(offset, bytes);
    return found ? valueOf(row, found, layout.endian !== "big") : "";
  };
  return (
    <>
      <table class="table mem-preview" aria-label="Fields as they would be">
        <thead>
          <tr><th>Name</th><th>Type</th><th class="num">Offset</th><th>Now</th></tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <th scope="row"><bdi class="mono">{marked(row.path)}</bdi></th>
              <td class="mono">{typeText({ type: row.type, ...row.bits })}</td>
              <td class="num mono">{row.offset === null ? "…" : `0x${row.offset.toString(16)}`}</td>
              <td class="mono"><bdi>{valueNow(row)}</bdi> {row.field.unit && marked(row.field.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === ROWS_MOST && <p class="faint">Further fields are told once it is used.</p>}
    </>
  );
}
