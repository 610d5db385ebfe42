import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSample } from '../../src/installer/index.ts';
import { makeDisk, temporaryFolder, testOsk } from '../vm/guests.ts';
import { firmware, hostQemu, root, runScript, type Ran } from '../vm/run-script.ts';
import { makeSystemDisk } from './standins.ts';

const source = (name: string) => join(root, 'recipes', name);
const parameters = {
  machine: 'q35',
  cpu: 'core2duo',
  cpus: 2,
  memory: 2 ** 28,
  osk: testOsk,
  timeout: 60,
  volume: 'Sample',
  version: '10.10.5',
  flags: '-v -x',
  darwin: '14.5.0',
  mode: '',
};
const outputs = {
  screen: 'screen.png',
  'screen-text': 'screen.txt',
  milestones: 'milestones.txt',
  console: 'console.txt',
  pictures: 'pictures/',
};
const inputs: Record<string, string> = { qemu: hostQemu(), bios: firmware };

function kernelScript(darwin: string): Promise<Ran> {
  return runScript('standin-kernel', {
    parameters: { darwin },
    sources: { kernel: source('standin-kernel'), probe: source('probe') },
    inputs: {},
    outputs: { kernel: 'kernel' },
  });
}

function bootAlong(route: string): Promise<Ran> {
  return runScript('loader-boot', { parameters, sources: {}, inputs: { ...inputs, route }, outputs });
}

function failureOf({ events }: Ran): string {
  const failure = events.find(({ type }) => type === 'failure');
  return failure?.type === 'failure' ? failure.message : 'none';
}

beforeAll(async () => {
  const kernel = await kernelScript('14.5.0');
  expect(kernel.code, kernel.log).toBe(0);
  const loader = await runScript('standin-loader', {
    parameters: { listing: 'release', words: 'own' },
    sources: {
      loader: source('standin-loader'),
      kernel: source('standin-kernel'),
      probe: source('probe'),
    },
    inputs: {},
    outputs: { boot: 'boot' },
  });
  expect(loader.code, loader.log).toBe(0);
  inputs['loader'] = join(loader.outputs, 'boot');
  inputs['disk'] = makeDisk(temporaryFolder());
  inputs['iso'] = await makeSystemDisk({
    files: { 'System/Library/Kernels/kernel': readFileSync(join(kernel.outputs, 'kernel')) },
  });
});

describe('the installer-iso script', () => {
  it("puts the loader's settings onto its disc when it gets some", async () => {
    const installer = join(temporaryFolder(), 'InstallESD.dmg');
    const sample = { version: '10.9.5', map: 'gpt', size: 5 * 2 ** 20, kernel: Buffer.alloc(5000) } as const;
    await makeSample(sample, installer);
    const disc = async (settings: readonly string[]): Promise<Buffer> => {
      const {
        code,
        log,
        outputs: folder,
      } = await runScript('installer-iso', {
        parameters: { settings },
        sources: {},
        inputs: { installer },
        outputs: { iso: 'installer.iso' },
      });
      expect(code, log).toBe(0);
      return readFileSync(join(folder, 'installer.iso'));
    };
    const settled = await disc(['GUI=No', 'Kernel Flags=debug=0x144']);
    expect(settled.includes('<key>GUI</key>')).toBe(true);
    expect(settled.includes('<string>debug=0x144</string>')).toBe(true);
    expect((await disc([])).includes('<key>GUI</key>')).toBe(false);
  });
});

describe('the loader-boot script', () => {
  it('drives the loader in the sandbox and leaves pictures, text, milestones and console', async () => {
    const { code, log, outputs: folder, events } = await bootAlong(source('routes/standin.yaml'));
    expect(code, log).toBe(0);
    const milestones = readFileSync(join(folder, 'milestones.txt'), 'utf8');
    expect(milestones).toMatch(/^loader boot, route standin: q35, 2 x core2duo, 256 MiB, tcg\n/);
    expect(milestones).toMatch(/ command-line +console +\[ ok \] command-line "-v -x kext-dev-mode=1"\n/);
    expect(milestones).toMatch(/\n\nQEMU ended with exit code 65, as expected\n$/);
    expect(readFileSync(join(folder, 'screen.txt'), 'utf8')).toContain('all 7 seen');
    expect(readFileSync(join(folder, 'console.txt'), 'utf8')).toContain('all 7 seen');
    for (const picture of ['screen.png', 'pictures/prompt.png']) {
      expect(readFileSync(join(folder, picture)).toString('latin1', 1, 4)).toBe('PNG');
    }
    expect(events.find(({ type }) => type === 'note')).toMatchObject({
      text: expect.stringMatching(/^9 of 9 milestones in /) as string,
    });
  });

  it('names the milestone that did not come, and shows what was on the screen', async () => {
    const route = join(temporaryFolder(), 'route.yaml');
    const text = readFileSync(source('routes/standin.yaml'), 'utf8');
    writeFileSync(
      route,
      text.replace('screen: cidermill stand-in loader', 'screen: No HFS+').replace('/^all', '/^none'),
    );
    const ran = await runScript('loader-boot', {
      parameters: { ...parameters, timeout: 4 },
      sources: {},
      inputs: { ...inputs, route },
      outputs,
    });
    expect(ran.code).toBe(1);
    expect(failureOf(ran)).toMatch(
      /^milestone loader \("No HFS\+" on the screen\) did not come within 4 s\nMilestones seen: none\.\nscreen:\n {2}\| cidermill stand-in loader\n/,
    );
    expect(existsSync(join(ran.outputs, 'milestones.txt'))).toBe(false);
  });

  it('names the line of a route that cannot be used, before anything is started', async () => {
    const route = join(temporaryFolder(), 'my-route.yaml');
    writeFileSync(route, 'route: mine\nsummary: a way\nsteps:\n  - { press: retn }\n');
    const ran = await bootAlong(route);
    expect(ran.code).toBe(1);
    expect(failureOf(ran)).toContain('route:4:14  bad-value\n  4 |   - { press: retn }');
  });
});

describe('the standin-kernel script', () => {
  it('refuses what is no version', async () => {
    const ran = await kernelScript('14.5');
    expect(ran.code).toBe(1);
    expect(failureOf(ran)).toContain('"14.5" is not a version X.Y.Z');
  });
});
