export { chromeTrace } from './chrome-trace.ts';
export { reportPage } from './page.ts';
export { productParts } from './product-parts.ts';
export { timelineOf } from './timeline.ts';
