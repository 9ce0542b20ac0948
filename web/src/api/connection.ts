/**
 * Whether the daemon answers and takes our token. Every request reports here, so no view has to;
 * while it does not answer, this asks once a second, and everything goes on when it does.
 */
import { Store } from "../base/store";
import { type Info, api, keepToken, observer, token } from "./api";
import { reconnect } from "./events";

export type Connection = "starting" | "connected" | "lost" | "locked";

const RETRY_MS = 1000;

export const connection = new Store<Connection>("starting");
/** Counts how often the connection was made: who keeps data of before asks again. */
export const epoch = new Store(0);
export const info = new Store<Info | null>(null);

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
  connection.set("locked");
};

observer.answered = () => {
  if (connection.get() === "lost") {
    clearTimeout(retry);
    retry = setTimeout(connect, 0);
  }
};

/** Asks the daemon who it is; the views begin, or go on, when it says so. */
export async function connect(): Promise<void> {
  clearTimeout(retry);
  try {
    info.set(await api.info());
  } catch {
    if (connection.get() === "starting") {
      connection.set("lost"); // it answered, but not with what it is
    }
    if (connection.get() === "lost") {
      clearTimeout(retry);
      retry = setTimeout(connect, RETRY_MS);
    }
    return;
  }
  connection.set("connected");
  epoch.set(epoch.get() + 1);
  reconnect();
}

/** The token of the address (`/#token=…`), which is taken out of it, so that no history has it. */
function takeTokenFromAddress(): string | null {
  const match = /^#token=([\x21-\x7e]+)$/.exec(location.hash);
  if (location.hash.startsWith("#token=")) {
    history.replaceState(null, "", `${location.pathname}#/sections`);
    dispatchEvent(new Event("hashchange"));
  }
  return match?.[1] ?? null;
}

/**
 * Connects with the token of the address. Any page may lead here with any token: the one that this
 * tab has stays until the daemon has taken the other.
 */
export async function connectFromAddress(): Promise<void> {
  const offered = takeTokenFromAddress();
  if (offered !== null && token() === null) {
    keepToken(offered);
  } else if (offered !== null && offered !== token()) {
    await unlock(offered).catch(connect);
    return;
  }
  await connect();
}

/** Tries a token; throws what the daemon says to it. */
export async function unlock(text: string): Promise<void> {
  await api.tryToken(text);
  keepToken(text);
  await connect();
}
