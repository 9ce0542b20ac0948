import { useEffect, useRef, useState } from "preact/hooks";
import { connection } from "../api/connection";
import { DaemonView } from "../daemon";
import { DiscoverView } from "../discover";
import { SectionsView } from "../sections";
import { useKeys, useStore } from "../ui/hooks";
import { Icon, Mark } from "../ui/icon";
import { type Route, goTo, useRoute } from "../ui/route";
import { nextTheme, theme } from "../ui/theme";
import { SectionPage } from "./section-page";
import "./shell.css";
import { Shortcuts } from "./shortcuts";
import { SessionForm } from "./session-form";

const VIEWS = [
  { view: "sections", title: "Sections", key: "1" },
  { view: "discover", title: "Discover", key: "2" },
  { view: "daemon", title: "Daemon", key: "3" },
] as const;

const THEME_WORDS = { system: "as the system", light: "light", dark: "dark" };
const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

function ThemeButton() {
  const chosen = useStore(theme);
  const words = `Colours: ${THEME_WORDS[chosen]}`;
  return (
    <button type="button" class="button button-quiet button-icon" onClick={nextTheme}
      title={words} aria-label={words}>
      <Icon name={THEME_ICONS[chosen]} />
    </button>
  );
}

function ConnectionMark() {
  const state = useStore(connection);
  const words = {
    starting: "connecting", connected: "connected", lost: "connection lost", locked: "locked",
  }[state];
  return (
    <span class={`connection connection-${state}`} role="status">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-words">{state === "connected" ? location.host : words}</span>
      <span class="sr-only">{state === "connected" ? words : ""}</span>
    </span>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case "sections":
      return <SectionsView />;
    case "discover":
      return <DiscoverView />;
    case "daemon":
      return <DaemonView />;
    case "section":
      return <SectionPage key={route.place} place={route.place} />;
  }
}

function LostBanner() {
  return (
    <div class="banner" role="alert">
      <Icon name="alert" />
      <span>
        The daemon does not answer. What you see is from before; the page goes on by itself when it
        is back.
      </span>
    </div>
  );
}

export function App() {
  const route = useRoute();
  const state = useStore(connection);
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const current = route.view === "section" ? "sections" : route.view;
  const title = VIEWS.find((each) => each.view === current)!.title;

  useEffect(() => {
    document.title = route.view === "sections" ? "sectiond" : `${title} · sectiond`;
  }, [route.view, title]);

  useKeys({
    1: () => goTo("#/sections"),
    2: () => goTo("#/discover"),
    3: () => goTo("#/daemon"),
    t: nextTheme,
    "?": () => setHelp(true),
  });

  return (
    <div class="shell">
      <header class="head">
        <a class="skip" href={location.hash || "#/sections"} onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}>
          Skip to the content
        </a>
        <a class="brand" href="#/sections" aria-label="sectiond">
          <Mark />
          <span>sectiond</span>
        </a>
        <nav class="tabs" aria-label="Views">
          {VIEWS.map((each) => (
            <a key={each.view} href={`#/${each.view}`} title={`Key ${each.key}`}
              aria-current={each.view === current ? "page" : undefined}>
              {each.title}
            </a>
          ))}
        </nav>
        <span class="spacer" />
        <ConnectionMark />
        <button type="button" class="button button-quiet button-icon head-keys"
          onClick={() => setHelp(true)} title="Keys (?)" aria-label="Keys">
          <Icon name="keyboard" />
        </button>
        <ThemeButton />
      </header>
      {state === "lost" && <LostBanner />}
      <main ref={main} class="main" tabIndex={0}>
        {state === "locked" ? <SessionForm /> : state === "starting" ? null : <View route={route} />}
      </main>
      {help && <Shortcuts onClose={() => setHelp(false)} />}
    </div>
  );
}
