import { pathToFileURL } from 'node:url';
import { send } from './events.ts';
import { fail } from './fail.ts';

/** Starts a script: `node start.js SCRIPT`. Ends with the engine, and says in a sentence why a script could not be loaded. */

process.stdin.on('end', () => process.kill(0, 'SIGKILL'));
// The first process of a namespace has no default for it.
process.once('SIGTERM', () => process.exit(128 + 15));
send({ type: 'ready' });
// The engine answers. Where it is gone, standard input ends, and so does this.
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.unref();

process.umask(0o022);
process.on('uncaughtException', fail);
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? '').href);
