/** Has the version a Debian revision ("1.16.2-1"), or is it upstream's alone ("1.16.2")? deb-version(7). */
export function hasDebianRevision(version: string): boolean {
  return version.includes('-');
}

/** The version without its Debian revision, epoch kept: "1:7.2+dfsg-7+deb12u18" → "1:7.2+dfsg". */
export function upstreamVersion(version: string): string {
  const dash = version.lastIndexOf('-');
  return dash < 0 ? version : version.slice(0, dash);
}
