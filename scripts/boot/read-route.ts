import { mkdir, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseRoute, routeValues } from '#route';
import type { Step } from 'cidermill/step';
import { pictureFile } from '#vm';

type Route = ReturnType<typeof parseRoute>;

/** The route of the input of that name. @throws Failure 'bad-route' */
export async function readRoute(
  { $, input }: Step,
  values: Parameters<typeof routeValues>[0],
): Promise<Route> {
  const file = input('route');
  const written = (await $`cat ${file}`.quiet()).stdout;
  return parseRoute(written, basename(file), routeValues(values));
}

/** How a boot along a route ends, for its report. */
export function endingOf({ end }: Route): string {
  return end === undefined ? 'QEMU was ended' : `QEMU ended with exit code ${end.exit}, as expected`;
}

/** Puts the pictures out that a boot along the route has taken. */
export async function outputPictures({ output }: Step, route: Route): Promise<void> {
  await mkdir('pictures');
  for (const each of route.steps) {
    if (!('kind' in each) || each.kind !== 'picture') continue;
    await rename(pictureFile(each.name), `pictures/${pictureFile(each.name)}`);
  }
  await output('pictures', 'pictures');
}
