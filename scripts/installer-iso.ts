import { step } from '#step';
import { makeIso, openMedium, planIso } from '#installer';

const { inputs, output, progress, note } = await step();
const iso = 'installer.iso';

const medium = await openMedium(inputs['installer'] as string, {
  scratch: '.',
  onProgress: (done, total) => progress(done, total, 'bytes unpacked'),
});
const plan = await planIso(medium);
const { release, version, build } = medium.system;
note(`OS X ${version} (${build}), ${release.name}: ${plan.size} bytes`);
for (const task of plan.tasks) note(task);
await makeIso(medium, plan, iso, { onProgress: (done, total) => progress(done, total, 'bytes') });
await medium.close();
await output('iso', iso);
