import { damages } from './damages.ts';
import { damageTable } from './table.ts';

/** The first of each kind; damages.heavy.test.ts has all. */
damageTable(damages.filter((one) => damages.filter(({ kind }) => kind === one.kind).indexOf(one) < 1));
