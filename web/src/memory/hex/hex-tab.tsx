import { useEffect, useRef, useState } from "preact/hooks";
import { useFollow } from "../../ui/hooks";
import { FindBar } from "../find/find-bar";
import type { Finder } from "../find/finder";
import type { Model } from "../source/model";
import { copySelection } from "./clipboard";
import { focusGrid, GridView } from "./grid-view";
import "./hex.css";
import { Inspector } from "./inspector";
import { Notices } from "./notices";
import { SelectionPanel } from "./selection-panel";
import { Toolbar } from "./toolbar";

/** The bytes: toolbar, grid, selection and inspector. */
export function HexTab({ model, finder, label }: { model: Model; finder: Finder; label: string }) {
  useFollow(model);
  const [finding, setFinding] = useState(false);
  const [columns, setColumns] = useState(model.columnsWanted);
  const offset = useRef<HTMLInputElement>(null);
  useEffect(() => () => finder.cancel(), [finder]);

  const openFind = (): void => {
    setFinding(true);
    document.querySelector<HTMLInputElement>(".mem-find-text")?.focus();
  };
  const closeFind = (): void => {
    setFinding(false);
    focusGrid();
  };
  const actions = {
    goTo: () => {
      offset.current?.focus();
      offset.current?.select();
    },
    find: openFind,
    findNext: (backwards: boolean) => (finder.text ? void finder.next(backwards) : openFind()),
    copy: () => void copySelection(model, model.side === "hex" ? "hex" : "text"),
  };
  /** Ctrl+F and Ctrl+G work everywhere in the tab; the grid has handled its own keys before. */
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) {
      return;
    }
    if (event.key === "f" || event.key === "g") {
      event.preventDefault();
      (event.key === "f" ? openFind : actions.goTo)();
    }
  };

  return (
    <div class="mem-hex" onKeyDown={onKeyDown}>
      <Toolbar model={model} offset={offset} finding={finding} columns={columns}
        onFind={finding ? closeFind : openFind} onColumns={setColumns} />
      {finding && <FindBar finder={finder} onClose={closeFind} />}
      <Notices model={model} />
      <div class="mem-body">
        <GridView model={model} columns={columns} actions={actions} label={label} />
        <aside class="mem-side" aria-label="Selection">
          <SelectionPanel model={model} />
          <Inspector model={model} />
        </aside>
      </div>
    </div>
  );
}
