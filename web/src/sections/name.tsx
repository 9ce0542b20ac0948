import type { Section } from "../api/api";

/** A section's name, else its file, else "anonymous"; and its label. */
export function SectionName({ section }: {
  section: Pick<Section, "name" | "label" | "scope" | "backing">;
}) {
  const { name, label, scope, backing } = section;
  const file = backing.file?.split(/[\\/]/).pop();
  return (
    <span class="section-name">
      {name !== null
        ? <bdi class="mono">{scope === "global" ? `Global\\${name}` : name}</bdi>
        : file
          ? <bdi class="mono">{file}</bdi>
          : <span class="faint">anonymous</span>}
      {label && <bdi class="section-label">{label}</bdi>}
    </span>
  );
}
