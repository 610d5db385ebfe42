import { dirname } from 'node:path';
import {
  libvirtDomain,
  packerTemplate,
  renderCommand,
  shellQuote,
  shellScript,
  type GuestMachine,
  type QemuOption,
  type Runs,
  type Wiring,
} from '../../guest/index.ts';
import { secretPath } from '../../vm/index.ts';
import type { BootFiles } from './boot-files.ts';
import { adviceLines } from './guest-text.ts';
import { makeColours } from '../../text/colours.ts';

export const exportForms = ['libvirt', 'shell', 'packer'] as const;
export type ExportForm = (typeof exportForms)[number];

/** The same machine for another program, without the user's key. */
export function exported(
  form: ExportForm,
  name: string,
  title: string,
  program: string,
  machine: GuestMachine,
  wiring: Wiring,
  options: readonly QemuOption[],
): string {
  switch (form) {
    case 'libvirt':
      return libvirtDomain(name, title, program, machine, wiring);
    case 'packer':
      return packerTemplate(name, title, program, machine, wiring);
    case 'shell':
      return shellScript(title, program, options, socketFolder(wiring));
  }
}

/** The command as bash takes it, and what else the user should know as comments. */
export function commandText(
  files: BootFiles,
  wiring: Wiring,
  options: readonly QemuOption[],
  verdict: Runs,
): string {
  const folder = socketFolder(wiring);
  return [
    renderCommand(files.qemu, options).trimEnd(),
    `# ${secretPath} holds the SMC's configuration with your key; cidermill boot hands it over in memory`,
    ...(folder === undefined
      ? []
      : [`# VNC's socket needs its folder: mkdir -p -m 700 ${shellQuote(folder)}`]),
    ...adviceLines(verdict, wiring.start.by, makeColours(false)).map((line) => `# ${line}`),
  ].join('\n');
}

function socketFolder({ display }: Wiring): string | undefined {
  return display?.kind === 'vnc' ? dirname(display.socket) : undefined;
}
