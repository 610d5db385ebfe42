import { damages } from './damages.ts';
import { damageTable } from './table.ts';

damageTable(damages);
