export { chooseReporter } from './choose.ts';
export { jsonReporter } from './json.ts';
export { plainReporter } from './plain.ts';
export type { Reporter } from './reporter.ts';
