import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";

render(<h1>sectiond</h1>, document.getElementById("app")!);
