import type { Pinned } from '../locked.ts';

/** Lists what differs between what is pinned and what stands in its place: "NAME OLD → NEW", a line each. */
export function changesBetween(before: Pinned, after: Pinned): string[] {
  if (before.kind === 'packages' && after.kind === 'packages') {
    const [old, now] = [before, after].map(({ packages }) => new Map(packages.map((one) => [one.name, one])));
    const names = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
    return names.flatMap((name) => {
      const [was, is] = [old?.get(name), now?.get(name)];
      if (was?.sha256 === is?.sha256) return [];
      return [`${name} ${was?.version ?? '(none)'} → ${is?.version ?? '(none)'}`];
    });
  }
  if (before.kind === 'debian' && after.kind === 'debian') {
    const { origin, version } = after;
    return [`${origin.package} ${before.version ?? before.origin.version} → ${version ?? origin.version}`];
  }
  return [];
}
