import { ApiProblem, type OsError } from "../api/api";
import { Icon } from "./icon";
import "./problem.css";

const DOMAINS: Record<string, string> = { win32: "Windows error", ntstatus: "NTSTATUS", errno: "errno" };

function osCode(os: OsError): string {
  const number = os.domain === "ntstatus" ? `0x${os.code.toString(16).toUpperCase()}` : os.code;
  return `${DOMAINS[os.domain] ?? os.domain} ${number}`;
}

/** An error in words, with the operating system's code if it was a call of it that failed. */
export function Problem({ of: error }: { of: unknown }) {
  if (!error) {
    return null;
  }
  const problem = error instanceof ApiProblem ? error : null;
  const words = error instanceof Error ? error.message : String(error);
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <div>
        <span class="problem-words">{words}</span>
        {problem?.os && (
          <span class="problem-os">
            {problem.call} said {osCode(problem.os)}
            {problem.os.name ? ` (${problem.os.name})` : ""}
            {problem.os.message ? `: ${problem.os.message}` : ""}
          </span>
        )}
      </div>
    </div>
  );
}
