import { step } from 'cidermill/step';
import { convertDmg, describeDmg } from '#image';

const { input, output, progress, note } = await step();
const dmg = input('dmg');
const iso = 'disk.iso';

const { size, checked } = await convertDmg(dmg, iso, {
  onProgress: (done, total) => progress(done, total, 'bytes'),
});

const { map, partitions } = await describeDmg(iso);
const volumes = partitions.flatMap(({ volume }) => (volume === undefined ? [] : [volume]));
const held = volumes
  .map(({ format, name }) => (name === undefined ? format : `${format} "${name}"`))
  .join(', ');
note(`${size} bytes, ${checked.length} checksums right; map: ${map}; volumes: ${held || 'none known'}`);
if (map === 'none' && volumes.length > 0) {
  note('Chameleon lists only volumes of disks with a partition map: it will not show this one');
}
await output('iso', iso);
