import { Failure, renderDiagnostic } from '../base/index.ts';
import { collectFaults } from '../yaml/faults.ts';
import { parseYaml } from '../yaml/parse.ts';
import { readRoute, type Route } from './route-file.ts';
import { pressKeys, type BootRequest } from '../vm/index.ts';

const largest = 1 << 20;

/**
 * Reads a route.
 * @param file how the file is named to the user
 * @param values what `${name}` stands for in it
 * @throws Failure 'bad-route' that shows every fault with its line
 */
export function parseRoute(text: string, file: string, values: Readonly<Record<string, string>>): Route {
  const faults = collectFaults();
  if (text.length > largest) {
    throw new Failure('bad-route', `${file} has ${text.length} characters, and at most ${largest} are read`);
  }
  const node = parseYaml(text, file, faults.report);
  const route = node && readRoute(node, new Map(Object.entries(values)), faults.report);
  if (faults.count() === 0 && route !== undefined) return route;
  const shown = faults.sorted().map((fault) => renderDiagnostic(fault, () => text));
  throw new Failure('bad-route', `the route cannot be used\n\n${shown.join('\n\n')}`);
}

/** What is behind "boot: " on a row of a text screen. */
const echoColumns = 74;

type Asked = Readonly<Record<'volume' | 'version' | 'flags', string>>;
/** What only some routes ask for: the kernel's version, the mode of its screen. */
type AskedToo = Readonly<Record<'darwin' | 'mode', string>>;

/**
 * What `${name}` stands for in the routes that come with us: what was asked for, `release`, the first two numbers of the
 * version, which is how newer Chameleons say it, and `echo`, as much of the flags as stands on the prompt's row.
 */
export function routeValues(
  asked: Asked & Partial<AskedToo>,
): Record<keyof Asked | keyof AskedToo | 'release' | 'echo', string> {
  return {
    darwin: '',
    mode: '',
    ...asked,
    release: asked.version.split('.').slice(0, 2).join('.'),
    echo: asked.flags.slice(0, echoColumns).trimEnd(),
  };
}

/** How a boot along a route is watched; the rest of the request is the machine. */
export function routeBoot(route: Route): Pick<BootRequest, 'milestones' | 'givesUp' | 'exit'> {
  const { steps, givesUp, end } = route;
  return {
    milestones: steps,
    givesUp,
    ...(end && {
      exit: {
        code: end.exit,
        release: async (qmp) => {
          if (end.press !== undefined) await pressKeys(qmp, end.press);
        },
      },
    }),
  };
}
