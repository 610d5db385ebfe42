export { parseRoute, routeBoot } from './route.ts';
