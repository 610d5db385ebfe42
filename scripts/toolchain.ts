import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { folderEntries, packArchive } from '#archive';
import { step } from 'cidermill/step';

const { $, input, output, note } = await step();
const [qemu, modules] = [input('qemu'), input('modules')] as const;
const top = 'cidermill-toolchain';
const archive = `${top}.tar`;

await $`mkdir ${top} && cp -rL ${qemu}/. ${top}/ && mkdir -p ${top}/kvm && cp -L ${modules}/. -rt ${top}/kvm/`;
await $`cp -L ${input('modules-report')} ${top}/kvm/report.txt`;
const files =
  await $`cd ${top} && find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sed 's, \./, ,'`.quiet();
await writeFile(`${top}/SHA256SUMS`, files.stdout);

// Sorted, of one time and nobody's; the buildroot's gzip, since other versions compress otherwise.
await pipeline(packArchive(folderEntries(top, top)), createWriteStream(archive));
await $`gzip -9n ${archive} && sha256sum ${archive}.gz >SHA256SUMS`;
note(
  `${files.lines().length} files, ${(await $`stat -c %s ${archive}.gz`.quiet()).stdout.trim()} bytes packed`,
);
await output('archive', `${archive}.gz`);
await output('sums', 'SHA256SUMS');
