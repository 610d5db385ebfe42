import { deflate as byPako } from 'pako';
import type { Deflate } from '../../formats/stream/index.ts';

/** zlib in JavaScript: the bytes do not depend on which zlib Node was built with, as those of Node's own do. */
export const deflate: Deflate = (data, level) => byPako(data, { level });
