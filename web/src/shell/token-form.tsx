import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { token } from "../api/api";
import { unlock } from "../api/connection";
import { useAction } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";

/** Asks for the token if none is known or the daemon does not accept it. */
export function TokenForm() {
  const [text, setText] = useState("");
  const [hadOne] = useState(token() !== null);
  const { busy, error, run } = useAction();
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") {
      void run(() => unlock(text.trim()));
    }
  };
  return (
    <form class="gate panel" onSubmit={submit}>
      <Icon name="lock" size={26} />
      <h1>{hadOne ? "The daemon does not take this page's token" : "The daemon asks for its token"}</h1>
      <p>
        <code>sectiond --url</code> prints the address that opens this page with it. Or paste it here:
        it is the content of the token file, whose place the daemon's first line of output names.
      </p>
      <label class="field">
        <span>Token</span>
        <input ref={field} class="input mono" type="password" autocomplete="off" spellcheck={false}
          value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <Problem of={error} />
      <button type="submit" class="button button-primary" disabled={busy || text.trim() === ""}>
        Open the dashboard
      </button>
    </form>
  );
}
