/** The types that the daemon reads and writes values as. There is no other list of them in the page. */
export const VALUE_TYPES = [
  { id: "u8", size: 1, what: "unsigned 8-bit integer" },
  { id: "i8", size: 1, what: "signed 8-bit integer" },
  { id: "u16", size: 2, what: "unsigned 16-bit integer" },
  { id: "i16", size: 2, what: "signed 16-bit integer" },
  { id: "u32", size: 4, what: "unsigned 32-bit integer" },
  { id: "i32", size: 4, what: "signed 32-bit integer" },
  { id: "u64", size: 8, what: "unsigned 64-bit integer" },
  { id: "i64", size: 8, what: "signed 64-bit integer" },
  { id: "f32", size: 4, what: "32-bit real" },
  { id: "f64", size: 8, what: "64-bit real" },
  { id: "bool8", size: 1, what: "false for 0, else true" },
  { id: "char", size: 1, what: "one byte as a Latin-1 character" },
] as const;

export type ValueTypeInfo = (typeof VALUE_TYPES)[number];
export type ValueType = ValueTypeInfo["id"];

export function typeOf(id: string): ValueTypeInfo {
  const type = VALUE_TYPES.find((candidate) => candidate.id === id);
  if (!type) throw new Error(`there is no type ${id}`);
  return type;
}
