// Draws the ratios of bench/README.md into bench/ratios.svg: `npm run bench` does at its end, and `npm run pages`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawRatios } from './ratios/draw.ts';
import { measuredRatios } from './ratios/read.ts';

const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
writeFileSync(join(import.meta.dirname, 'ratios.svg'), drawRatios(measuredRatios(page)));
