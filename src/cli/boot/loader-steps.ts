import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { Start } from '../../guest/index.ts';
import { packageRoot } from '../../host/index.ts';
import { parseRoute, routeValues } from '../../route/index.ts';
import type { LoaderDrive } from '../../vm/index.ts';

/** What the loader's menu is asked for. */
export interface LoaderFlags {
  /** The volume to start from, by a part of its name; the one that the loader has chosen when left out. */
  readonly pick?: string;
  /** Kernel flags, typed at the prompt. */
  readonly loaderFlags?: string;
}

/**
 * The steps through a loader's menu up to the start of the kernel: those of the route that its smoke boot uses.
 * @param start the loader's file says whose it is
 * @returns undefined when nothing is asked of the menu
 */
export function loaderSteps(start: Start, { pick, loaderFlags }: LoaderFlags): LoaderDrive | undefined {
  if (pick === undefined && loaderFlags === undefined) return undefined;
  if (start.by === 'ovmf')
    throw new Failure('usage', '--loader-flags and --pick are for the menu of Chameleon, and OVMF has none', {
      hint: "Set boot-args in the section NVRAM of your OpenCore's config.plist.",
    });
  const bytes = readFileSync(start.loader);
  // By its banner; the stand-in can have Chameleon's as well.
  const isStandin = !bytes.includes('Darwin/x86 boot v') && bytes.includes('cidermill stand-in loader');
  const name = `recipes/routes/${isStandin ? 'standin' : 'chameleon'}.yaml`;
  const values = routeValues({ volume: pick ?? '', version: '', flags: loaderFlags ?? '' });
  const { steps, givesUp } = parseRoute(readFileSync(join(packageRoot, name), 'utf8'), name, values);
  const kernel = steps.findIndex((step) => 'where' in step && step.where === 'console');
  return {
    steps: steps.slice(0, kernel).filter((step) => !('kind' in step && step.kind === 'picture')),
    givesUp: givesUp.filter(({ where }) => where === 'screen'),
  };
}
