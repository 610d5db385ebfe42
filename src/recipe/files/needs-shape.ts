import { list, text, type Shape } from '../../yaml/shape.ts';
import type { Located } from '../../yaml/located.ts';
import { parseSize } from '../../yaml/size.ts';
import type { Needs } from '../model.ts';

const disk = 'disk:';

const words = list(
  text({ pattern: '^(kvm|disk:.+)$' }, (word) =>
    word === 'kvm' || (word.startsWith(disk) && parseSize(word.slice(disk.length)) !== undefined)
      ? undefined
      : 'is neither kvm nor disk:SIZE, such as disk:100G',
  ),
  1,
);

/** What a step asks of the machine that makes it. It is in no key: the artifact is the same wherever it is made. */
export const needsShape: Shape<Needs> = {
  schema: words.schema,
  read(node, report) {
    const read: Located<readonly string[]> | undefined = words.read(node, report);
    if (read === undefined) return undefined;
    const sizes = read.value.flatMap((word) =>
      word.startsWith(disk) ? [parseSize(word.slice(disk.length)) ?? 0] : [],
    );
    return { kvm: read.value.includes('kvm'), disk: Math.max(0, ...sizes) };
  },
};
