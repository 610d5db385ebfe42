import { Failure } from '../../base/index.ts';

/** A fault as esbuild tells it. */
interface Fault {
  readonly text: string;
  readonly location: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

/** The failure that says where a script cannot be loaded and what mends it; undefined for what is no fault of a script's. */
export function loadFailure(error: unknown, root: string): Failure | undefined {
  const faults = (error as { errors?: readonly Fault[] }).errors;
  const [fault, ...others] = faults ?? [];
  if (fault === undefined) return undefined;
  const { location } = fault;
  const place =
    location === null ? '' : `${relativeTo(root, location.file)}:${location.line}:${location.column + 1}: `;
  const more = others.length === 0 ? '' : `; ${others.length} more after it`;
  const { message, hint } = inWords(fault);
  return new Failure('bad-script', `${place}${message}${more}`, { hint, cause: error });
}

function inWords(fault: Fault): { message: string; hint?: string } {
  const [, wanted = ''] = /^Could not resolve "([^"]*)"/.exec(fault.text) ?? [];
  if (wanted === '') return { message: fault.text.charAt(0).toLowerCase() + fault.text.slice(1) };
  const message = `there is no module "${wanted}"`;
  if (wanted === '#step') return { message, hint: "Scripts import it from 'cidermill/step'." };
  if (wanted.startsWith('.') || wanted.startsWith('/'))
    return { message, hint: `Is its name right? A path begins at the file that imports it.` };
  if (wanted.startsWith('#'))
    return { message, hint: `The project's package.json has no "${wanted}" in its "imports".` };
  const name = wanted.split('/', wanted.startsWith('@') ? 2 : 1).join('/');
  return { message, hint: `Add it to the project: npm install ${name}` };
}

function relativeTo(root: string, file: string): string {
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}
