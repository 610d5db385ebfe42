import { bootPlist, bootPlistPath } from '#guest';
import { step } from 'cidermill/step';
import { makeIso, openMedium, planIso } from '#installer';

const { input, list, output, progress, note } = await step();
const iso = 'installer.iso';

const medium = await openMedium(input('installer'), {
  scratch: '.',
  onProgress: (done, total) => progress(done, total, 'bytes unpacked'),
});
const settings = list('settings').map((each): [string, string] => {
  const [key = '', ...value] = each.split('=');
  return [key.trim(), value.join('=').trim()];
});
const plist = settings.length > 0 && bootPlist({ others: Object.fromEntries(settings) });
const plan = await planIso(medium, plist ? { files: new Map([[bootPlistPath, plist]]) } : {});
const { release, version, build } = medium.system;
note(`OS X ${version} (${build}), ${release.name}: ${plan.size} bytes`);
for (const task of plan.tasks) note(task);
await makeIso(medium, plan, iso, { onProgress: (done, total) => progress(done, total, 'bytes') });
await medium.close();
await output('iso', iso);
