import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import { chooseKmod, compareKernels, parseKernelVersion } from '#host/kernel';
import { step } from 'cidermill/step';
import { completeSync, makeMissing, ownObjects } from './kvm/adapt.ts';
import { make, pathFree, sourceOfKbuild } from './kvm/build.ts';
import { readKernels } from './kvm/kernels.ts';
import { lackingHeaders } from './kvm/lacking.ts';
import { applyPatches } from './kvm/patches.ts';
import { preflight, publishModules } from './kvm/report.ts';
import { readySync, syncTarget } from './kvm/sync.ts';

const here = await step();
const { $, source, text, list } = here;
const [tree, linux, patches] = [source('tree'), source('linux'), source('patches')] as const;

const kernels = await readKernels(here, linux);
const tag = text('tag');
const { adapted } = chooseKmod(tag, kernels.a, kernels.b);
const needs = await preflight(here, kernels);
if (needs !== undefined) await build(needs);

async function build(lines: readonly string[]): Promise<void> {
  await $`cp -r --no-preserve=ownership ${tree} kmod && cp -r --no-preserve=ownership ${linux} linux && chmod -R u+w kmod linux`;
  for (const name of ['configure', 'sync', 'Makefile', 'x86/Kbuild']) {
    if (!existsSync(`kmod/${name}`))
      throw new Failure('no-kmod', `the source "tree" has no ${name}: it is not kvm-kmod's`);
  }
  const applied = await applyPatches(here, list('patches'), patches, 'linux', kernels.a);
  await readySync(here, 'kmod/sync');
  const made = adapted ? makeMissing(readFileSync('kmod/sync', 'utf8'), 'linux') : [];
  const isOwn = ownObjects('kmod', 'linux');
  // Without it `sync` asks git about A, and takes the next option for what it does not say.
  if (!existsSync('kmod/KVM_VERSION')) writeFileSync('kmod/KVM_VERSION', `${tag}\n`);

  const work = (await $`pwd`.quiet()).stdout.trim();
  // The pair was judged above; a `configure` that ends at the newest kernel it knew must not stop what is adapted.
  const force = adapted ? ['--force'] : [];
  const target = syncTarget(readFileSync('kmod/Makefile', 'utf8'));
  // A copy that came as text has lost the mode of its programs.
  const configure = $`cd kmod && chmod u+x configure && ./configure --kerneldir=${kernels.folder} ${force} 2>&1`;
  const configured = await configure.nothrow();
  if (configured.exitCode !== 0) {
    throw new Failure(
      'kmod-refused',
      `kvm-kmod's configure does not support Linux ${kernels.b}:\n${configured.stdout.trim()}`,
      {
        hint: 'Its headers must be those of a configured kernel with KVM switched on. Another tag may support it.',
      },
    );
  }
  await $`cd kmod && make ${target} LINUX=${work}/linux`;
  if (adapted) {
    const olderB = compareKernels(parseKernelVersion(kernels.b), parseKernelVersion(kernels.a)) < 0;
    await completeSync(here, kernels, { linux: 'linux', kmod: 'kmod', work }, isOwn, olderB);
  }
  const sourceArgs = sourceOfKbuild(readFileSync('kmod/config.mak', 'utf8'));
  const lacking = await lackingHeaders(here, kernels, 'linux', 'kmod');
  try {
    await make(here, ['-C', 'kmod', ...sourceArgs, ...pathFree(`${work}/kmod`)]);
  } catch (cause) {
    if (lacking.length === 0) throw cause;
    throw new Failure(
      'kmod-refused',
      `KVM of Linux ${kernels.a} does not build for ${kernels.b}, which lacks headers that it includes: ${lacking.join(', ')}`,
      {
        cause,
        hint: 'Take an older kernel A, or headers of a newer kernel B. The log has what the compiler says.',
      },
    );
  }
  await publishModules(here, kernels, 'kmod/x86', [
    `by kvm-kmod at ${tag}${adapted ? ', adapted: empty in its tree ' + (made.join(', ') || 'nothing') : ''}`,
    ...applied,
    ...lines,
  ]);
}
