import { info } from "../api/connection";
import { Command } from "../ui/copy";
import { useStore } from "../ui/hooks";
import { Icon } from "../ui/icon";

/** Where the daemon has put the header with its token, unless it was told another place. */
const HEADER_FILES = {
  linux: "${XDG_STATE_HOME:-$HOME/.local/state}/sectiond/header",
  windows: "%LOCALAPPDATA%\\sectiond\\header",
};

/** In double quotes, so that sh and cmd.exe read it alike. */
function curlLine(platform: keyof typeof HEADER_FILES): string {
  return `curl -H "@${HEADER_FILES[platform]}" -H "Content-Type: application/json" ` +
    `-d "{\\"name\\":\\"SHINE\\",\\"size\\":4096}" ${location.origin}/v1/sections`;
}

/** What the page shows while there are no sections: how to make one. */
export function EmptySections({ onCreate }: { onCreate: () => void }) {
  const line = curlLine(useStore(info)?.platform ?? "linux");
  return (
    <div class="panel empty welcome">
      <svg class="welcome-art" width="132" height="60" viewBox="0 0 132 60" aria-hidden="true"
        focusable="false">
        {[0, 1, 2].map((row) =>
          Array.from({ length: 8 }, (_, column) => (
            <rect key={`${row}-${column}`} x={2 + column * 16} y={4 + row * 18} width="12" height="12"
              rx="2.5" class={(column * 3 + row * 5) % 7 < 3 ? "lit" : ""} />
          )))}
      </svg>
      <h2>No sections yet</h2>
      <p>
        A section is memory that programs share by name. Create one here and a native program can
        open it; or open one that a program has made already.
      </p>
      <div class="toolbar welcome-actions">
        <button type="button" class="button button-primary" onClick={onCreate}>
          <Icon name="plus" /> Create the first section
        </button>
        <a class="button" href="#/discover">
          <Icon name="search" /> Find what programs share
        </a>
      </div>
      <p class="faint">The same from a shell; programs then open it as <b class="mono">SHINE</b>:</p>
      <Command text={line} label="Copy the curl line" />
    </div>
  );
}
