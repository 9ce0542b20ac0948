/* Layouts as they are typed: C or JSON, what to call them, and where in the text an error is. */

/** JSON begins with a brace, which no declaration does. */
export function isC(text: string): boolean {
  return !text.trimStart().startsWith("{");
}

/** A name that the daemon takes: that of the last structure, else of the section. */
export function nameOf(text: string, section: string | null): string {
  const named = [...text.matchAll(/\b(?:struct|union)\s+([A-Za-z_]\w*)\s*(?=\{)|\}\s*([A-Za-z_]\w*)\s*;/g)];
  const last = isC(text) ? named.at(-1) : undefined;
  const name = (last?.[2] ?? last?.[1] ?? section ?? "").toLowerCase()
    .replace(/^(global|local)\\/, "").replace(/[^a-z0-9._-]+/g, "-").replace(/^[._-]+|-+$/g, "");
  return name.slice(0, 64) || "layout";
}

/** The index of a line and a column, which count from 1, or of the member that a pointer leads to. */
export function placeInText(text: string, line?: number, column?: number, pointer?: string): number {
  if (line !== undefined) {
    const before = text.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    return Math.min(text.length, before + (column ?? 1) - 1);
  }
  const member = pointer?.split("/").filter((part) => !/^[0-9]*$/.test(part) && part !== "#").at(-1);
  return member === undefined ? 0 : Math.max(0, text.indexOf(`"${member}"`));
}
