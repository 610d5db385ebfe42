import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { shellQuote, type Display, type displays } from '../../guest/index.ts';
import { askProgram } from '../../host/programs/ask-program.ts';

export type DisplayKind = (typeof displays)[number];

/** A window where there is a desktop and this QEMU can make one, else VNC. */
export function usualDisplay(qemu: string): 'gtk' | 'vnc' {
  const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = process.env;
  if ((x11 ?? wayland ?? '') === '') return 'vnc';
  const kinds = askProgram(qemu, ['-display', 'help'])?.stdout ?? '';
  return /^gtk$/m.test(kinds) ? 'gtk' : 'vnc';
}

/** @param socket for VNC that is not on a port */
export function displayOf(kind: DisplayKind, socket: string): Display {
  switch (kind) {
    case 'vnc':
      return { kind, socket };
    case 'vnc=tcp':
      return { kind: 'vnc-tcp' };
    case 'gtk':
    case 'none':
      return { kind };
  }
}

/** The socket in a command that is shown and run by others: in a folder that is the user's own. */
export function shownSocket(): string {
  const own = process.env['XDG_RUNTIME_DIR'];
  const base = own === undefined || own === '' ? join(homedir(), '.cache') : own;
  return join(base, 'cidermill-vnc', 'vnc.sock');
}

/** How the guest's screen is reached: on this computer, and from another one. */
export function viewerLines(socket: string): string[] {
  const at = `${userInfo().username}@${hostname()}`;
  return [
    `screen: vncviewer ${shellQuote(socket)}`,
    `screen, from another computer: ssh -NL 5900:${shellQuote(socket)} ${at}, and there: vncviewer localhost:0`,
  ];
}
