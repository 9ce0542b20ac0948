/**
 * Whether the daemon answers and takes our token. Every request reports here, so no view has to;
 * while it does not answer, this asks once a second, and everything goes on when it does.
 */
import { type Info, api, forgetToken, keepToken, observer, token } from "./api";
import { reconnect } from "./events";
import { makeStore } from "./store";

export type Connection = "starting" | "connected" | "lost" | "locked";

const RETRY_MS = 1000;

export const connection = makeStore<Connection>("starting");
/** Counts how often the connection was made: who keeps data of before asks again. */
export const epoch = makeStore(0);
export const info = makeStore<Info | null>(null);

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

/** Takes a token out of the address (`/#token=…`), so that it stays in no history. */
export function takeTokenFromAddress(): void {
  const match = /^#token=([^&]+)$/.exec(location.hash);
  if (match?.[1] !== undefined) {
    keepToken(decodeURIComponent(match[1]));
    history.replaceState(null, "", `${location.pathname}#/sections`);
  }
}

/** Tries a token; throws what the daemon says to it. */
export async function unlock(text: string): Promise<void> {
  const before = token();
  keepToken(text);
  try {
    await api.info();
  } catch (error) {
    if (before === null) {
      forgetToken();
    } else {
      keepToken(before);
    }
    throw error;
  }
  await connect();
}
