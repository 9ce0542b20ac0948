// What a hostile page can send without asking anybody, and what it gets to see of the answers.

/**
 * Runs in a page: sends each route in every way that a page has. Gives what the page could read or
 * notice to have worked, which should be nothing but refusals.
 */
export async function attack({ base, routes, timeout_ms }) {
  const seen = [];

  const settled = (promise, way) => Promise.race([
    promise, new Promise((done) => setTimeout(() => done(`${way}: nothing came`), timeout_ms))]);

  const fetched = async (way, url, init) => {
    try {
      const response = await fetch(url, init);
      const text = response.type === "opaque" ? "" : await response.text();
      seen.push({ way, url, status: response.status, text });
    } catch {
      // Refused, by the browser or by the daemon.
    }
  };

  // Elements that load something: whether they did is all that they tell.
  const element = (way, name, set) => new Promise((done) => {
    const made = document.createElement(name);
    const end = () => {
      made.remove();
      done();
    };
    made.onload = made.oncanplay = () => {
      seen.push({ way, url: made.src ?? made.href, text: "loaded" });
      end();
    };
    made.onerror = end;
    set(made);
    document.body.append(made);
  });

  // A frame says that it loaded whatever came, so what counts is what stands in it.
  const framed = (way, start) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = `frame${Math.random()}`;
    document.body.append(frame);
    frame.onload = () => {
      try {
        const text = frame.contentDocument?.documentElement?.innerText ?? "";
        if (text !== "") {
          seen.push({ way, url: frame.contentDocument.URL, text });
        }
      } catch {
        // Another origin's.
      }
      frame.remove();
      done();
    };
    start(frame);
  });

  const submitted = (way, url, method, enctype, body) => framed(way, (frame) => {
    const form = document.createElement("form");
    Object.assign(form, { method, enctype, action: url, target: frame.name });
    if (method === "post") {
      // As text/plain this is sent as NAME=VALUE: a document that ends in a string with a = in it.
      const field = document.createElement("input");
      const cut = body.lastIndexOf('"');
      field.name = cut > 0 ? body.slice(0, cut) : body;
      field.value = cut > 0 ? body.slice(cut) : "";
      form.append(field);
    }
    frame.before(form); // and stays: a form that is gone is not sent
    form.submit();
  });

  const streamed = (way, make, events) => new Promise((done) => {
    const source = make();
    for (const event of events) {
      source.addEventListener(event, (found) => {
        seen.push({ way, url: source.url, text: `${event} ${found.data ?? ""}` });
        source.close();
        done();
      });
    }
    source.addEventListener("error", () => {
      source.close();
      done();
    });
  });

  const asked = (way, method, url, body, headers) => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      request.setRequestHeader(name, value);
    }
    request.onload = () => {
      seen.push({ way, url, status: request.status, text: request.responseText });
      done();
    };
    request.onerror = () => done();
    request.send(body);
  });

  for (const { method, path, body } of routes) {
    const url = base + path;
    const ways = [];
    const add = (way, run) => ways.push(settled(run(`${method} ${way}`), `${method} ${way}`));
    const hasBody = method !== "GET";

    const modes = hasBody
      ? [["cors", method, "application/json"], ["cors", "POST", "text/plain"],
        ["no-cors", "POST", "text/plain"], ["same-origin", method, "application/json"]]
      : [["cors", "GET", null], ["no-cors", "GET", null], ["no-cors", "HEAD", null],
        ["same-origin", "GET", null]];
    for (const [mode, verb, type] of modes) {
      add(`fetch ${mode} ${verb} ${type}`, (way) => fetched(way, url, {
        method: verb, mode, credentials: mode === "same-origin" ? "same-origin" : "include",
        body: hasBody ? body : undefined, headers: type ? { "Content-Type": type } : {},
        cache: "no-store" }));
    }
    add("fetch with a token", (way) => fetched(way, url, {
      method, body: hasBody ? body : undefined, headers: { Authorization: "Bearer guess" } }));
    add("xhr", (way) => asked(way, method, url, body, hasBody
      ? { "Content-Type": "application/json" } : {}));
    add("img", (way) => element(way, "img", (each) => (each.src = url)));
    add("script", (way) => element(way, "script", (each) => (each.src = url)));
    add("iframe", (way) => framed(way, (frame) => (frame.src = url)));
    for (const type of ["text/plain", "application/json"]) {
      add(`beacon ${type}`, async () => {
        navigator.sendBeacon(url, new Blob([body ?? ""], { type }));
      });
    }
    add("event source", (way) => streamed(way, () => new EventSource(url),
      ["open", "message", "snapshot"]));
    add("web socket", (way) => streamed(way, () => new WebSocket(url.replace("http", "ws")),
      ["open", "message"]));
    const ends = await Promise.all(ways);
    // One after the other: a page that submits two forms at once sends the last one only.
    for (const [verb, enctype] of [["get", "text/plain"], ["post", "text/plain"],
      ["post", "multipart/form-data"]]) {
      const way = `${method} form ${verb} ${enctype}`;
      ends.push(await settled(submitted(way, url, verb, enctype, body ?? ""), way));
    }
    seen.push(...ends.filter(Boolean).map((way) => ({ way, url, text: "" })));
  }
  return seen;
}
