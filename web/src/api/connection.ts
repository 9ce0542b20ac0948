/**
 * Whether the daemon answers and accepts the token, as the outcome of every request tells. While it
 * does not answer, it is asked once a second.
 */
import { Store } from "../base/store";
import { type Info, api, keepToken, meetInstance, observer, presentInstance, token } from "./api";
import { reconnect } from "./events";

export type Connection = "starting" | "connected" | "lost" | "locked";

const RETRY_MS = 1000;

export const connection = new Store<Connection>("starting");
/** How often the connection was made. When it changes, data from before has to be asked for again. */
export const connectionCount = new Store(0);
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

/** Takes the token out of the address (`/#token=…`), so that it is not in the history. */
function takeTokenFromAddress(): string | null {
  const match = /^#token=([\x21-\x7e]+)$/.exec(location.hash);
  if (location.hash.startsWith("#token=")) {
    history.replaceState(null, "", `${location.pathname}#/sections`);
    dispatchEvent(new Event("hashchange"));
  }
  return match?.[1] ?? null;
}

/**
 * Connects with the token of the address. Any web page may link here with any token, so the token
 * that this tab has stays until the daemon has accepted the other.
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

/** Keeps a token if the daemon accepts it, else throws the daemon's ApiProblem. */
export async function unlock(text: string): Promise<void> {
  await api.tryToken(text);
  keepToken(text);
  await connect();
}
