/**
 * Whether the daemon answers and accepts the token, as the outcome of every request tells. While it
 * does not answer, it is asked once a second.
 */
import { Store } from "../base/store";
import { type Info, api, meetInstance, observer, presentInstance } from "./api";
import { reconnect } from "./events";
import { askOtherTabs, joinOtherTabs, keepToken, role, shareToken } from "./session";

export type Connection = "starting" | "connected" | "lost" | "locked";

const RETRY_MS = 1000;

export const connection = new Store<Connection>("starting");
/** How often the connection was made. When it changes, data from before has to be asked for again. */
export const connectionCount = new Store(0);
export const info = new Store<Info | null>(null);

/** Whether the session may do what needs a role, which --deny can have switched off for all. */
export function may(needed: "write" | "admin"): boolean {
  const known = role();
  const denied = needed === "write" && (info.get()?.denied.includes("write") ?? false);
  return (known === "admin" || known === needed) && !denied;
}

let retry: ReturnType<typeof setTimeout> | undefined;

observer.unreachable = () => {
  if (connection.get() !== "locked") {
    connection.set("lost");
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS);
  }
};

observer.unauthorized = () => {
  clearTimeout(retry);
  if (connection.get() !== "locked") {
    connection.set("locked");
    askOtherTabs();
  }
};

/** Any program that ever listened here may have offered it: it counts if the daemon takes it. */
function tryOffered(offered: string, ofRole: string): void {
  if (connection.get() === "locked") {
    void api.tryToken(offered).then(() => {
      keepToken(offered, ofRole);
      return connect();
    }).catch(() => {});
  }
}

observer.answered = () => {
  if (connection.get() === "lost") {
    clearTimeout(retry);
    retry = setTimeout(connect, 0);
  }
};

/** What a request meant was not so: perhaps the daemon was started anew since the last look. */
observer.doubtful = () => {
  void api.info().then(({ instance }) => {
    if (instance !== presentInstance()) {
      void connect();
    }
  }).catch(() => {}); // the other observers have heard of it
};

/** Asks for the daemon's info; its answer starts or resumes the views. */
export async function connect(): Promise<void> {
  clearTimeout(retry);
  try {
    const answer = await api.info();
    meetInstance(answer.instance);
    info.set(answer);
  } catch {
    if (connection.get() === "starting") {
      connection.set("lost"); // it answered, but with an error
    }
    if (connection.get() === "lost") {
      clearTimeout(retry);
      retry = setTimeout(connect, RETRY_MS);
    }
    return;
  }
  connection.set("connected");
  connectionCount.set(connectionCount.get() + 1);
  reconnect();
}

/** Takes the code out of the address (`/#code=…`). It is in the browser's history, and used up. */
function takeCodeFromAddress(): string | null {
  const match = /^#code=([\x21-\x7e]+)$/.exec(location.hash);
  if (location.hash.startsWith("#code=")) {
    history.replaceState(null, "", `${location.pathname}#/sections`);
    dispatchEvent(new Event("hashchange"));
  }
  return match?.[1] ?? null;
}

/**
 * Connects with the code of the address, if there is one. Any web page may link here with any code, so
 * the session that this tab has stays where the code is worth nothing.
 */
export async function connectFromAddress(): Promise<void> {
  const code = takeCodeFromAddress();
  if (code === null) {
    await connect();
  } else {
    await unlock(code).catch(connect);
  }
}

/** Shares the session with the other tabs of the page. */
export function shareSession(): void {
  joinOtherTabs(() => connection.get() === "connected", tryOffered);
}

/** Begins a session with a code, or with the address that has it, else throws an ApiProblem. */
export async function unlock(text: string): Promise<void> {
  const session = await api.redeem(/#code=(\S+)$/.exec(text)?.[1] ?? text);
  keepToken(session.token, session.role);
  await connect();
  shareToken();
}
