import { isAbsolute, join } from 'node:path';

/** A file that a traced process opened to read, or ran. */
export interface Opened {
  /** Absolute; of what was opened the real path, without links. */
  readonly path: string;
  /** The `$` command that did it, or that started what did it; undefined for the script's own process. */
  readonly command: string | undefined;
}

export interface StraceLog {
  readonly opened: readonly Opened[];
  /** Files and folders that the traced processes made themselves, absolute. */
  readonly made: ReadonlySet<string>;
}

/** What strace is to be told so that `readStraceLog` understands it. */
export function straceOptions(log: string): string[] {
  const calls =
    'open,openat,openat2,creat,execve,execveat,mkdir,mkdirat,chdir,fchdir,chroot,clone,clone3,fork,vfork';
  return [
    // The tracer is nobody's parent: what it traces keeps its place, and its process group is ended without it.
    ...['strace', '-DD', '-f', '-q', '-y', '-s', '65536', '-o', log],
    ...['-e', `trace=${calls}`, '-e', 'signal=none', '--seccomp-bpf'],
  ];
}

/** zx's `$`, as src/step/commands.ts starts it. */
const shell = /^"bash", "--norc", "-euo", "pipefail", "-c", ("(?:[^"\\]|\\.)*")/;

/** Reads what strace wrote, line by line, in its order. */
export class StraceReader {
  readonly #opened = new Map<string, Opened>();
  readonly #made = new Set<string>();
  /** Process → what it belongs to; a number is given again when its process has ended. */
  readonly #commands = new Map<string, string | undefined>();
  readonly #folders = new Map<string, string>();
  /** Process → what it takes for `/`. */
  readonly #roots = new Map<string, string>();
  readonly #unfinished = new Map<string, string>();
  /** Lines of processes whose parent's call has not returned yet in the log. */
  readonly #early = new Map<string, string[]>();
  #first = true;

  take(line: string): void {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (pid === '') return;
    if (this.#first) this.#commands.set(pid, undefined);
    this.#first = false;
    if (this.#commands.has(pid)) this.#one(pid, rest);
    else this.#early.set(pid, [...(this.#early.get(pid) ?? []), rest]);
  }

  end(): StraceLog {
    // A parent that was killed never returned from starting them.
    for (const [pid, lines] of this.#early) for (const line of lines) this.#one(pid, line);
    return { opened: [...this.#opened.values()], made: this.#made };
  }

  #one(pid: string, text: string): void {
    if (text.startsWith('+++')) {
      this.#commands.delete(pid);
      this.#folders.delete(pid);
      this.#roots.delete(pid);
      return;
    }
    if (text.endsWith('<unfinished ...>')) {
      this.#unfinished.set(pid, text.slice(0, -'<unfinished ...>'.length));
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    const whole = resumed === undefined ? text : `${this.#unfinished.get(pid) ?? ''}${resumed}`;
    this.#unfinished.delete(pid);
    const [, call = '', args = '', result = ''] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? [];
    if (call === '') {
      // Detached from in the middle of the call: it succeeded, or it would have returned.
      if (whole.startsWith('execve(')) this.#run(pid, whole.slice('execve('.length));
      return;
    }
    if (result.startsWith('-') || result.startsWith('?')) return;
    const folder = /^AT_FDCWD<([^>]*)>/.exec(args)?.[1];
    if (folder !== undefined) this.#folders.set(pid, unescape(folder));
    if (call.startsWith('open') || call === 'creat') this.#open(pid, args, result, call);
    else if (call.startsWith('exec')) this.#run(pid, args);
    else if (call.startsWith('mkdir')) this.#make(pid, args);
    else if (call === 'chdir' || call === 'fchdir') this.#go(pid, args);
    else if (call === 'chroot') this.#enter(pid, args);
    else this.#start(pid, result);
  }

  #open(pid: string, args: string, result: string, call: string): void {
    const shown = /^\d+<(\/.*)>/.exec(result)?.[1];
    if (shown === undefined) return;
    const path = unescape(shown);
    const flags = /\b(O_[A-Z_|]+)/.exec(args.replace(/^[^"]*"(?:[^"\\]|\\.)*"/, ''))?.[1]?.split('|') ?? [];
    if (call === 'creat' || flags.includes('O_CREAT')) this.#made.add(path);
    if (
      call === 'creat' ||
      flags.includes('O_WRONLY') ||
      flags.includes('O_DIRECTORY') ||
      flags.includes('O_PATH')
    )
      return;
    this.#see(pid, path);
  }

  #run(pid: string, args: string): void {
    const [, quoted = '""', list = ''] = /^(?:[^"]*, )?("(?:[^"\\]|\\.)*"), \[(.*)/.exec(args) ?? [];
    const command = shell.exec(list)?.[1];
    // A command line within a command line is the outer one's doing.
    if (command !== undefined && this.#commands.get(pid) === undefined)
      this.#commands.set(pid, unquote(command));
    const path = this.#whole(pid, unquote(quoted));
    if (path !== undefined) this.#see(pid, path);
  }

  #make(pid: string, args: string): void {
    const path = this.#whole(pid, unquote(/"(?:[^"\\]|\\.)*"/.exec(args)?.[0] ?? '""'));
    if (path !== undefined) this.#made.add(path);
  }

  #go(pid: string, args: string): void {
    const shown = /^\d+<(\/.*)>$/.exec(args)?.[1];
    const path = shown === undefined ? this.#whole(pid, unquote(args)) : unescape(shown);
    if (path !== undefined) this.#folders.set(pid, path);
  }

  #enter(pid: string, args: string): void {
    const path = this.#whole(pid, unquote(args));
    if (path !== undefined) this.#roots.set(pid, path);
  }

  /** A path as the process gave it, as it is from outside; undefined while its current folder is not known. */
  #whole(pid: string, path: string): string | undefined {
    const folder = this.#folders.get(pid);
    if (isAbsolute(path)) return join(this.#roots.get(pid) ?? '/', path);
    return folder === undefined ? undefined : join(folder, path);
  }

  #start(pid: string, result: string): void {
    const child = /^\d+/.exec(result)?.[0];
    if (child === undefined || child === '0') return;
    this.#commands.set(child, this.#commands.get(pid));
    const folder = this.#folders.get(pid);
    if (folder !== undefined) this.#folders.set(child, folder);
    const root = this.#roots.get(pid);
    if (root !== undefined) this.#roots.set(child, root);
    const early = this.#early.get(child) ?? [];
    this.#early.delete(child);
    for (const line of early) this.#one(child, line);
  }

  #see(pid: string, path: string): void {
    const command = this.#commands.get(pid);
    const key = `${path}\0${command ?? ''}`;
    if (!this.#opened.has(key)) this.#opened.set(key, { path, command });
  }
}

/** A string as strace quotes it. */
function unquote(quoted: string): string {
  return unescape(quoted.slice(1, -1));
}

/** C's escapes, octal for what is not ASCII. */
function unescape(inner: string): string {
  const simple: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12 };
  const bytes: number[] = [];
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] !== '\\') {
      bytes.push(inner.charCodeAt(at));
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(inner.slice(at + 1, at + 4))?.[0];
    const next = inner[at + 1] ?? '';
    bytes.push(octal === undefined ? (simple[next] ?? next.charCodeAt(0)) : parseInt(octal, 8));
    at += octal?.length ?? 1;
  }
  return Buffer.from(bytes).toString('utf8');
}
