import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { testProject } from '../rig/project.ts';

/** Each caveat, tried. The host is named, so that every host says the same. */
const tries: readonly string[] = [
  'explain yosemite --accel kvm --host-kernel 3.10 --ignore-msrs',
  'explain lion --accel kvm --host-kernel 3.15',
  'explain lion --accel kvm --host-kernel 3.15 --firmware ovmf --opencore',
  'explain lion --accel kvm --host-kernel 6.1',
  'explain snow-leopard --machine piix --smp 2',
  'explain 10.7.4 --machine piix --smp 4',
  'explain 10.8.0',
  'explain mavericks --first-boot --smp 1',
  'explain yosemite --accel kvm --host-kernel 4.4',
  'explain yosemite --install',
  'explain 10.8.4 --net virtio',
  'explain mavericks --net virtio',
  'explain mountain-lion --machine piix',
  'explain yosemite --qemu-version 2.0',
  'explain yosemite --memory 256M',
  'explain snow-leopard --machine piix --smp 2 --despite hpet',
  'explain 10.7.4 --machine piix --smp 4 --net virtio --memory 256M',
];

/** For options of which the page shows only what follows from the caveat. */
const pinned = ['--qemu-version 7.2', '--host-cpu intel'];

it('says of each caveat what it is, what to do, where it is written and what runs instead', async () => {
  const project = testProject({});
  const answers = await Promise.all(
    tries.map(async (command) => {
      const words = command.split(' ');
      const accel = words.includes('--accel') ? [] : ['--accel', 'tcg'];
      const own = pinned.flatMap((each) =>
        command.includes(each.split(' ')[0] ?? '') ? [] : each.split(' '),
      );
      const { code, stdout, stderr } = await project.run(['guest', ...words, ...accel, ...own]);
      expect(stderr).toBe('');
      return `$ cidermill guest ${command}\n${withoutOptions(stdout).trimEnd()}\nexit code ${code ?? ''}`;
    }),
  );
  const text = `${answers.join('\n\n')}\n`;
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../golden/guests/refusals.txt'));
  expect(readFileSync(join(packageRoot, 'docs/guests.md'), 'utf8')).toContain(text);
});

/** QEMU's options have a golden file of their own; the card's address is what a caveat is about. */
function withoutOptions(text: string): string {
  return text.replace(/^options=\([\s\S]*^qemu-system-x86_64 .*\n/m, (options) => {
    const told = options.split('\n').filter((line) => line.includes('addr='));
    return told.map((line) => `  …\n${line.replace(/ {2,}#/, '  #')}\n  …\n`).join('');
  });
}
