import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Ended, KernelWorld } from '../../../src/host/kvm/index.ts';
import { freshFolder } from '../../rig/folder.ts';

export const release = '6.1.0-50-amd64';
export const vermagic = `${release} SMP preempt mod_unload modversions `;

/**
 * A machine in a folder: proc, sys, dev and lib as a kernel shows them, and the module tools' commands with the effect
 * they have there. A .ko file is a text of `field: value` lines.
 */
export interface Machine extends KernelWorld {
  /** The commands run so far. */
  readonly ran: string[];
  /** Makes the next command that begins so fail. */
  failAt: string | undefined;
  write(path: string, text: string): void;
  /** A process with KVM open. */
  openKvm(pid: number, command: string): void;
  loaded(): string[];
}

export function machine(
  options: { readonly cpu?: 'vmx' | 'svm' | ''; readonly user?: number } = {},
): Machine {
  const root = freshFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('proc/sys/kernel/osrelease', `${release}\n`);
  write('proc/cpuinfo', `processor\t: 0\nflags\t\t: fpu ${options.cpu ?? 'vmx'} sse\n`);
  write('proc/modules', '');
  write('dev/kvm', '');
  for (const name of ['kvm', 'kvm-intel', 'kvm-amd', 'irqbypass'])
    write(`lib/modules/${release}/kernel/arch/x86/kvm/${name}.ko`, moduleText(name));
  const one: Machine = {
    root,
    user: options.user ?? 0,
    ran: [],
    failAt: undefined,
    write,
    openKvm: (pid, command) => {
      write(`proc/${pid}/comm`, `${command}\n`);
      mkdirSync(join(root, `proc/${pid}/fd`));
      symlinkSync('anon_inode:kvm-vm', join(root, `proc/${pid}/fd/7`));
    },
    loaded: () =>
      readdirSync(join(root, 'sys/module'))
        .map((name) => `${name} ${readFileSync(join(root, 'sys/module', name, 'from'), 'utf8')}`)
        .sort(),
    run: (command) => Promise.resolve(carryOut(one, command)),
  };
  mkdirSync(join(root, 'sys/module'), { recursive: true });
  return one;
}

export function moduleText(name: string, magic: string = vermagic): string {
  const depends = { kvm: 'irqbypass', 'kvm-intel': 'kvm', 'kvm-amd': 'kvm' }[name] ?? '';
  return `name: ${name.replace('-', '_')}\ndepends: ${depends}\nvermagic: ${magic}\n`;
}

/** A folder with modules as a build leaves them. */
export function builtModules(magic?: string): string {
  const folder = freshFolder();
  for (const name of ['kvm', 'kvm-intel', 'kvm-amd'])
    writeFileSync(join(folder, `${name}.ko`), moduleText(name, magic));
  return folder;
}

function carryOut(one: Machine, command: readonly string[]): Ended {
  const [program, ...args] = command;
  const ok = (stdout = ''): Ended => ({ code: 0, stdout, stderr: '' });
  const failed = (stderr: string): Ended => ({ code: 1, stdout: '', stderr });
  if (program === 'modinfo') {
    const [, field = '', file = ''] = args;
    return ok(new RegExp(`^${field}: (.*)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
  }
  one.ran.push(command.map((word) => word.replace(one.root, '')).join(' '));
  if (one.failAt !== undefined && command.join(' ').includes(one.failAt)) {
    one.failAt = undefined;
    return failed('Operation not permitted');
  }
  const [what = ''] = args;
  const name = basename(what, '.ko').replace('-', '_');
  switch (program) {
    case 'rmmod': {
      const holders = readdirSync(join(one.root, 'sys/module', name, 'holders'));
      if (holders.length > 0) return failed(`Module ${name} is in use by: ${holders.join(' ')}`);
      rmSync(join(one.root, 'sys/module', name), { recursive: true });
      for (const other of readdirSync(join(one.root, 'sys/module')))
        rmSync(join(one.root, 'sys/module', other, 'holders', name), { force: true });
      return ok();
    }
    case 'insmod':
      insert(one, name, dirname(what), args.slice(1));
      return ok();
    case 'modprobe':
      if (name.startsWith('kvm_'))
        for (const needed of ['irqbypass', 'kvm']) insert(one, needed, 'kernel', []);
      insert(one, name, 'kernel', []);
      return ok();
    default:
      return { code: 127, stdout: '', stderr: `${program ?? ''}: not found` };
  }
}

function insert(one: Machine, name: string, from: string, parameters: readonly string[]): void {
  const folder = `sys/module/${name}`;
  if (readdirSync(join(one.root, 'sys/module')).includes(name)) return;
  one.write(`${folder}/from`, from);
  one.write(`${folder}/initstate`, 'live\n');
  one.write(`${folder}/refcnt`, '0\n');
  mkdirSync(join(one.root, folder, 'holders'));
  if (name === 'kvm')
    one.write(`${folder}/parameters/ignore_msrs`, parameters.includes('ignore_msrs=1') ? 'Y\n' : 'N\n');
  if (name.startsWith('kvm_')) {
    one.write(`sys/module/kvm/holders/${name}`, '');
    one.write('sys/module/kvm/refcnt', '1\n');
  }
}
