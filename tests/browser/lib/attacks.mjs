// What a hostile page can send without asking anybody, and what it gets to see of the answers.

/**
 * Runs in a page: sends each route in every way that a page has. Gives what the page could read or
 * notice to have worked, which should be nothing but refusals.
 */
export async function attack({ base, routes, timeout_ms }) {
  const seen = [];
  // Chromium does not always say that what was to be embedded has been refused.
  const SILENCE_MS = 20_000;

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

  // A frame says that it loaded whatever came, so what counts is what stands in it. It stays: with
  // the last frame of a site its process would end, and the next one would wait for another.
  const framed = (way, name, start) => new Promise((done) => {
    const frame = document.createElement(name);
    frame.name = `frame${Math.random()}`;
    document.body.append(frame);
    frame.onerror = () => done();
    const look = () => {
      try {
        const text = frame.contentDocument?.documentElement?.innerText ?? "";
        if (text !== "") {
          seen.push({ way, url: frame.contentDocument.URL, text });
        }
      } catch {
        // Another origin's.
      }
      done();
    };
    frame.onload = look;
    setTimeout(look, SILENCE_MS);
    start(frame);
  });

  // Where a window is: null when at another origin's, which is all that can be seen of that.
  const placeOf = (opened) => {
    try {
      return opened.document.readyState === "complete" ? opened.location.href : "";
    } catch {
      return null;
    }
  };
  const untilPlace = async (opened, isThere) => {
    while (!isThere(placeOf(opened))) {
      await new Promise((done) => setTimeout(done, 10));
    }
  };

  // One window for all: making one takes long. What stands in it can be read in the same origin.
  const windowed = async (way, start) => {
    const opened = window.open("about:blank", "led");
    await untilPlace(opened, (place) => place === "about:blank");
    start("led");
    await untilPlace(opened, (place) => place === null || place.startsWith("http"));
    if (placeOf(opened)) {
      const [{ responseStatus: status }] = opened.performance.getEntriesByType("navigation");
      seen.push({ way, url: placeOf(opened), status, text: opened.document.body.innerText });
    }
  };

  const submit = (url, target, method, enctype, body) => {
    const form = document.createElement("form");
    Object.assign(form, { method, enctype, action: url, target });
    if (method === "post") {
      // As text/plain this is sent as NAME=VALUE: a document that ends in a string with a = in it.
      const field = document.createElement("input");
      const cut = body.lastIndexOf('"');
      field.name = cut > 0 ? body.slice(0, cut) : body;
      field.value = cut > 0 ? body.slice(cut) : "";
      form.append(field);
    }
    document.body.append(form); // and stays: a form that is gone is not sent
    form.submit();
  };

  // A worker may load scripts of anywhere.
  const imported = (way, url) => new Promise((done) => {
    const text = `let text = "loaded";
      try { importScripts(${JSON.stringify(url)}); } catch { text = "" }
      postMessage(text);`;
    const worker = new Worker(URL.createObjectURL(new Blob([text])));
    worker.onmessage = ({ data }) => {
      if (data !== "") {
        seen.push({ way, url, text: data });
      }
      done();
    };
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

  const ways = [];
  const inTurn = [];
  const paths = new Set();
  for (const { method, path, body } of routes) {
    const url = base + path;
    const add = (way, run) => ways.push(settled(run(`${method} ${way}`), `${method} ${way}`));
    const addInTurn = (way, run) =>
      inTurn.push(() => settled(run(`${method} ${way}`), `${method} ${way}`));
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
    for (const type of ["text/plain", "application/json"]) {
      add(`beacon ${type}`, async () => {
        navigator.sendBeacon(url, new Blob([body ?? ""], { type }));
      });
    }
    if (hasBody) {
      for (const enctype of ["text/plain", "multipart/form-data"]) {
        addInTurn(`form ${enctype}`, (way) => framed(way, "iframe", (frame) =>
          submit(url, frame.name, "post", enctype, body)));
      }
      addInTurn("form in a window", (way) => windowed(way, (name) =>
        submit(url, name, "post", "text/plain", body)));
    }
    // The rest can but GET, and once is enough for each path.
    if (paths.has(path)) {
      continue;
    }
    paths.add(path);
    for (const name of ["img", "script", "video", "audio"]) {
      add(name, (way) => element(way, name, (each) => (each.src = url)));
    }
    for (const link of [{ rel: "stylesheet" }, { rel: "prefetch" },
      { rel: "preload", as: "font", crossOrigin: "anonymous" }]) {
      add(link.rel, (way) => element(way, "link", (each) => Object.assign(each, link, { href: url })));
    }
    add("iframe", (way) => framed(way, "iframe", (frame) => (frame.src = url)));
    add("object", (way) => framed(way, "object", (frame) => (frame.data = url)));
    add("embed", (way) => framed(way, "embed", (frame) => (frame.src = url)));
    add("import", (way) => imported(way, url));
    add("event source", (way) => streamed(way, () => new EventSource(url),
      ["open", "message", "snapshot"]));
    add("web socket", (way) => streamed(way, () => new WebSocket(url.replace("http", "ws")),
      ["open", "message"]));
    addInTurn("form", (way) => framed(way, "iframe", (frame) =>
      submit(url, frame.name, "get", "text/plain")));
    // The dashboard itself may be led to.
    if (path !== "/") {
      addInTurn("navigation", (way) => windowed(way, (name) => window.open(url, name)));
    }
  }
  // One after the other: a page that submits two forms at once sends the last one only.
  for (const run of inTurn) {
    ways.push(await run());
  }
  const ends = await Promise.all(ways);
  seen.push(...ends.filter(Boolean).map((way) => ({ way, url: base, text: "" })));
  return seen;
}
