export { parseRoute, routeBoot, routeValues } from './route.ts';
