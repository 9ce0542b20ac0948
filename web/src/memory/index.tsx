import type { Section } from "../api";

export function MemoryView({ section }: { section: Section; goTo: (hash: string) => void }) {
  return <p>{section.name}</p>;
}
