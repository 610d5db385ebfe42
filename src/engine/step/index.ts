export { executeAction } from './execute.ts';
export { fetchSources } from './gather.ts';
