import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

/** Machines of one user namespace, each with a network of its own, joined by a bridge. */
export interface Net {
  /** Adds a machine; the first has the address 10.9.0.2. */
  add(): Promise<Machine>;
  /** Ends all that runs on its machines, and them. Done by itself when the file's tests have ended. */
  close(): void;
}

export interface Machine {
  readonly ip: string;
  /** The command is the process, by exec: signals reach it. */
  start(
    command: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ): ChildProcess;
  /** What goes to another machine is lost from now on. */
  cut(ip: string): void;
  heal(ip: string): void;
}

/** Why this host cannot make such machines; undefined where it can. */
export function netFault(): string | undefined {
  try {
    execFileSync('unshare', ['-U', '-r', '-n', 'ip', 'link', 'add', 'br0', 'type', 'bridge'], {
      stdio: 'pipe',
    });
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here: ${(error as Error).message.split('\n')[0] ?? ''}`;
  }
}

export async function openNet(): Promise<Net> {
  // What a test starts again has to end with the file's tests too.
  const children = new Set<ChildProcess>();
  const close = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  afterAll(close);
  const hold = (command: readonly string[]): Promise<number> => holdOpen(command, children);
  const bridge = await hold(['unshare', '-U', '-r', '-n', '-m']);
  const on = (pid: number, ...command: readonly string[]): string =>
    execFileSync('nsenter', [...entering(pid), ...command], { encoding: 'utf8' });
  on(bridge, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
  on(bridge, 'ip', 'link', 'set', 'br0', 'up');
  let count = 1;
  return {
    close,
    add: async () => {
      count += 1;
      const ip = `10.9.0.${count}`;
      const pid = await hold(['nsenter', ...entering(bridge), 'unshare', '-n']);
      on(
        bridge,
        'ip',
        'link',
        'add',
        `v${count}`,
        'type',
        'veth',
        'peer',
        'name',
        'eth0',
        'netns',
        String(pid),
      );
      on(bridge, 'ip', 'link', 'set', `v${count}`, 'master', 'br0', 'up');
      on(pid, 'ip', 'addr', 'add', `${ip}/24`, 'dev', 'eth0');
      on(pid, 'ip', 'link', 'set', 'eth0', 'up');
      on(pid, 'ip', 'link', 'set', 'lo', 'up');
      return {
        ip,
        start: ([program = '', ...args], { cwd, env }) => {
          const child = spawn('nsenter', [`--wd=${cwd}`, ...entering(pid), program, ...args], {
            cwd,
            env,
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          children.add(child);
          return child;
        },
        cut: (other) => void on(pid, 'ip', 'route', 'add', 'blackhole', `${other}/32`),
        heal: (other) => void on(pid, 'ip', 'route', 'del', 'blackhole', `${other}/32`),
      };
    },
  };
}

function entering(pid: number): string[] {
  return ['-t', String(pid), '-U', '--preserve-credentials', '-n', '-m', '--'];
}

/** Starts a process that holds namespaces open, one of the children; gives its number. */
async function holdOpen(command: readonly string[], children: Set<ChildProcess>): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, [...args, 'sh', '-c', 'echo $$; exec sleep 100000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  for await (const line of createInterface(child.stdout)) return Number(line);
  throw new Error(`${command.join(' ')} ended`);
}
