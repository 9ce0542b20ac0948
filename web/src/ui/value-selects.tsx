import { VALUE_TYPES, type ValueType } from "../api/value-types";

interface SelectProps<T> {
  /** What it is called, where no label around it says so. */
  label?: string;
  value: T;
  onChange: (value: T) => void;
}

/** A choice of the daemon's value types. */
export function TypeSelect({ label, value, onChange }: SelectProps<ValueType>) {
  return (
    <select class="select" aria-label={label} value={value}
      onChange={(event) => onChange(event.currentTarget.value as ValueType)}>
      {VALUE_TYPES.map(({ id }) => (
        <option key={id}>{id}</option>
      ))}
    </select>
  );
}

/** Little-endian, or not. */
export function ByteOrderSelect({ label, value, onChange }: SelectProps<boolean>) {
  return (
    <select class="select" aria-label={label} value={value ? "little" : "big"}
      onChange={(event) => onChange(event.currentTarget.value === "little")}>
      <option value="little">little-endian</option>
      <option value="big">big-endian</option>
    </select>
  );
}
