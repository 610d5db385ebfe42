import { readFileSync } from 'node:fs';
import { Failure } from '../base/index.ts';
import { protocolVersion, type StepRequest } from './protocol.ts';

/** Reads the request this process was started with. @throws Failure when the script was not started by cidermill. */
export function readRequest(): StepRequest {
  const path = process.env['CIDERMILL_REQUEST'];
  if (path === undefined) {
    throw new Failure('no-request', 'this is the script of a step; it cannot run by itself', {
      hint: 'Run it with `cidermill run PIPELINE` or `cidermill run RECIPE`.',
    });
  }
  const request = JSON.parse(readFileSync(path, 'utf8')) as StepRequest | null;
  // The type knows one version; a file from another version of the program says what it says.
  const protocol: unknown = request?.protocol;
  if (request === null || protocol !== protocolVersion) {
    throw new Failure(
      'protocol',
      `the step speaks protocol ${protocolVersion}, the engine ${String(protocol)}`,
      {
        hint: 'Build and run both with one version of cidermill.',
      },
    );
  }
  return request;
}
