import type { Section } from "../api/api";

/** What a section is called: its name, else its label, else what it is. */
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
