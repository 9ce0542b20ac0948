/* Layouts as they are typed: C or JSON, what to call them, and where in the text an error is. */

/** JSON begins with a brace, which no declaration does. */
export function isC(text: string): boolean {
  return !text.trimStart().startsWith("{");
}

/** The structures and unions that C declares, not those inside of others, in their order. */
export function structsOf(text: string): string[] {
  const names: string[] = [];
  const code = text.replace(/\/\*[^]*?(\*\/|$)|\/\/[^\n]*|^[ \t]*#(?:\\\n|[^\n])*/gm, " ");
  let depth = 0;
  let head = "";
  let isUnnamed = false;
  for (const part of code.match(/[{};]|[^{};]+/g) ?? []) {
    const isRecord = /\b(struct|union)\b/.test(head);
    if (part === "{") {
      if (depth > 0 || !/\bextern\b[^]*"\s*$/.test(head)) {
        depth++;
      }
      if (depth === 1 && isRecord) {
        const name = /([A-Za-z_]\w*)\s*$/.exec(head)?.[1] ?? "struct";
        isUnnamed = name === "struct" || name === "union";
        if (!isUnnamed) {
          names.push(name);
        }
      }
      head = depth === 1 ? head : "";
    } else if (part === "}") {
      depth = Math.max(0, depth - 1);
    } else if (part === ";") {
      head = depth === 0 ? "" : head;
    } else if (depth === 0) {
      if (isUnnamed && /\btypedef\b/.test(head)) {
        names.push(...(/[A-Za-z_]\w*/.exec(part) ?? []));
      }
      isUnnamed = false;
      head += part;
    }
  }
  return [...new Set(names)];
}

/** A name that the daemon takes: that of the structure, the last one if none is chosen, else of the section. */
export function nameOf(text: string, section: string | null, struct: string | null = null): string {
  const last = isC(text) ? (struct ?? structsOf(text).at(-1)) : undefined;
  const name = (last ?? section ?? "").toLowerCase()
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
