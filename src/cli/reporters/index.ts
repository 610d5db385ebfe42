export { chooseReporter } from './choose.ts';
export { jsonReporter } from './json.ts';
export { plainReporter } from './plain.ts';
export { tee } from './tee.ts';
export type { Reporter } from './reporter.ts';
