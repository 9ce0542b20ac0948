import { render } from "preact";
// The order of the imports is that of the rules: each room refines what every view is made of.
import "./style/tokens.css";
import "./style/base.css";
import { connectFromAddress, shareSession } from "./api/connection";
import { App } from "./shell/app";
import { startTheme } from "./ui/theme";

startTheme();
shareSession();
// A link with a code may be followed while the page is open already: only the hash changes then.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#code=")) {
    void connectFromAddress();
  }
});
void connectFromAddress();
render(<App />, document.getElementById("app")!);
