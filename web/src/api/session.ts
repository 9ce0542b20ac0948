/**
 * The session token of this page: what a code of `sectiond --url` was redeemed for. It is worth
 * nothing once the daemon has ended. The tab keeps it over a reload, and the other tabs get it.
 */
const KEY = "sectiond-session";
const ROLE_KEY = "sectiond-role";

type Message = { kind: "ask" } | { kind: "session"; token: string; role: string };

let others: BroadcastChannel | null = null; // until the page joins them

/**
 * Talks with the other tabs from now on.
 * @param mayShare whether the token of this tab works
 * @param offered what is done with one of another tab
 */
export function joinOtherTabs(mayShare: () => boolean, offered: (token: string, role: string) => void): void {
  others = new BroadcastChannel(KEY);
  others.onmessage = ({ data }: MessageEvent<Message>) => {
    const own = token();
    if (data.kind === "ask" && own !== null && mayShare()) {
      post({ kind: "session", token: own, role: role() });
    } else if (data.kind === "session" && data.token !== own) {
      offered(data.token, data.role);
    }
  };
}

function post(message: Message): void {
  others?.postMessage(message);
}

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** What the token may do: `read`, `write` or `admin`. */
export function role(): string {
  return sessionStorage.getItem(ROLE_KEY) ?? "admin";
}

export function keepToken(text: string, ofRole: string): void {
  sessionStorage.setItem(KEY, text);
  sessionStorage.setItem(ROLE_KEY, ofRole);
}

/** Gives the other tabs the token of this one. */
export function shareToken(): void {
  const own = token();
  if (own !== null) {
    post({ kind: "session", token: own, role: role() });
  }
}

/** Asks the other tabs for theirs, which are offered then. */
export function askOtherTabs(): void {
  post({ kind: "ask" });
}
