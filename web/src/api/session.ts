/**
 * The session token of this page: what a code of `sectiond --url` was redeemed for. It is worth
 * nothing once the daemon has ended. The tab keeps it over a reload, and the other tabs get it.
 */
const KEY = "sectiond-session";

type Message = { kind: "ask" } | { kind: "session"; token: string };

const others = new BroadcastChannel(KEY);

/** What connection.ts sets: whether the token works, and what is done with one from another tab. */
export const tabs = {
  mayShare: (): boolean => false,
  offered: (_token: string): void => {},
};

others.onmessage = ({ data }: MessageEvent<Message>) => {
  const own = token();
  if (data.kind === "ask" && own !== null && tabs.mayShare()) {
    post({ kind: "session", token: own });
  } else if (data.kind === "session" && data.token !== own) {
    tabs.offered(data.token);
  }
};

function post(message: Message): void {
  others.postMessage(message);
}

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function keepToken(text: string): void {
  sessionStorage.setItem(KEY, text);
}

/** Gives the other tabs the token of this one. */
export function shareToken(): void {
  const own = token();
  if (own !== null) {
    post({ kind: "session", token: own });
  }
}

/** Asks the other tabs for theirs; `tabs.offered` gets it. */
export function askOtherTabs(): void {
  post({ kind: "ask" });
}
