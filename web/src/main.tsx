import { render } from "preact";
import { App } from "./app";
import { connect, takeTokenFromAddress } from "./connection";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import { startTheme } from "./theme";

takeTokenFromAddress();
// A link with a token may be opened in a page that is there already.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) {
    takeTokenFromAddress();
    dispatchEvent(new Event("hashchange"));
    void connect();
  }
});
startTheme();
render(<App />, document.getElementById("app")!);
void connect();
