import { render } from "preact";
import { App } from "./app";
import { connectFromAddress } from "./connection";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import { startTheme } from "./theme";

startTheme();
// A link with a token may also be followed in a page that is there already.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) {
    void connectFromAddress();
  }
});
void connectFromAddress();
render(<App />, document.getElementById("app")!);
