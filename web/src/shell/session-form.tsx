import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { unlock } from "../api/connection";
import { token } from "../api/session";
import { useAction } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";

/** Says how to come in, or back: there is no session, or it ended with the daemon. */
export function SessionForm() {
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
      <h1>{hadOne ? "This page's session has ended" : "This page has no session yet"}</h1>
      <p>
        {hadOne && "A session ends when the daemon does; it was started anew. "}
        Run <code>sectiond --url</code> where the daemon runs, and open the address that it prints,
        once and within a minute. {hadOne && "All tabs of this page go on then. "}Or paste the
        address here:
      </p>
      <label class="field">
        <span>Address or code</span>
        <input ref={field} class="input mono" type="text" autocomplete="off" spellcheck={false}
          value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <Problem of={error} />
      <button type="submit" class="button button-primary" disabled={busy || text.trim() === ""}>
        Open the dashboard
      </button>
    </form>
  );
}
