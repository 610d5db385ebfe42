export { readRoute } from './route-file.ts';
export { parseRoute, routeBoot, routeValues } from './route.ts';
