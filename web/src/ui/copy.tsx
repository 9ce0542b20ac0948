import { useEffect, useState } from "preact/hooks";
import { copyText } from "./clipboard";
import "./copy.css";
import { Icon } from "./icon";

/** A button that copies a text and then says that it did. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (copied) {
      const timer = setTimeout(() => setCopied(false), 1500);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [copied]);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
  };
  return (
    <button type="button" class="button button-quiet" onClick={copy} title={label}>
      <Icon name={copied ? "check" : "copy"} />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}

/** A command for a shell. The secret may be left out of what is shown; it is in what is copied. */
export function Command({ text, shown = text, label }: {
  text: string; shown?: string; label: string;
}) {
  return (
    <div class="command">
      <code>{shown}</code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
