/** Has the version a Debian revision ("1.16.2-1"), or is it upstream's alone ("1.16.2")? deb-version(7). */
export function hasDebianRevision(version: string): boolean {
  return version.includes('-');
}

/** The version without its Debian revision, epoch kept: "1:7.2+dfsg-7+deb12u18" → "1:7.2+dfsg". */
export function upstreamVersion(version: string): string {
  const dash = version.lastIndexOf('-');
  return dash < 0 ? version : version.slice(0, dash);
}

/** The order of two versions as dpkg has it (deb-version(7), "Sorting algorithm"): negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [one, two] = [partsOf(a), partsOf(b)];
  return (
    one.epoch - two.epoch ||
    compareParts(one.upstream, two.upstream) ||
    compareParts(one.revision, two.revision)
  );
}

function partsOf(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** By turns what is no digit, letters before all else and "~" before the end, and numbers. */
function compareParts(a: string, b: string): number {
  const split = (text: string): string[] => text.split(/(\d+)/);
  const [one, two] = [split(a), split(b)];
  for (let index = 0; index < Math.max(one.length, two.length); index++) {
    const [left = '', right = ''] = [one[index], two[index]];
    const order = index % 2 === 1 ? compareNumbers(left, right) : compareWords(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumbers(a: string, b: string): number {
  const [one, two] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return one.length - two.length || (one < two ? -1 : one > two ? 1 : 0);
}

function compareWords(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = weight(a[index]) - weight(b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}
