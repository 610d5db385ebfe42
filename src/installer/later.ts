import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure, FormatError } from '../base/index.ts';
import { readPlist } from '../formats/plist/index.ts';

const support = 'Contents/SharedSupport';
/** What only installers of macOS 10.13 and later have there: the base system beside InstallESD.dmg, or all in one. */
const laterFiles = ['BaseSystem.dmg', 'SharedSupport.dmg'];
const largestPlist = 2 ** 20;

/** The refusal of an application that is laid out as those of macOS 10.13 and later; undefined of any other. */
export function laterInstaller(application: string): Failure | undefined {
  const found = laterFiles.find((name) => existsSync(join(application, support, name)));
  if (found === undefined) return undefined;
  const version = versionOf(application);
  const name = basename(application).replace(/\.app$/, '');
  return new Failure(
    'not-an-installer',
    `"${name}"${version === undefined ? '' : ` (macOS ${version})`} is laid out as the installers of macOS 10.13 and later are: ${found} is in ${support}`,
    { hint: 'cidermill makes discs of OS X 10.6 to macOS 10.12; give the installer of one of those.' },
  );
}

/** Of the system it installs, where the application says so. */
function versionOf(application: string): string | undefined {
  const info = member(plistAt(join(application, support, 'InstallInfo.plist')), 'System Image Info');
  const version = member(info, 'version');
  if (typeof version === 'string') return printable(version);
  // Apple numbers the application by the system's second and third numbers: 13.6.02 installs 10.13.6.
  const short = member(plistAt(join(application, 'Contents/Info.plist')), 'CFBundleShortVersionString');
  const [, second, third] = typeof short === 'string' ? (/^(1[3-5])\.(\d+)/.exec(short) ?? []) : [];
  return second === undefined ? undefined : `10.${second}.${third}`;
}

function plistAt(path: string): unknown {
  try {
    const data = readFileSync(path);
    return data.length > largestPlist ? undefined : readPlist(data);
  } catch (error) {
    // Without one, or with one that is damaged, the refusal is the same without a version.
    if (error instanceof FormatError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

function member(value: unknown, key: string): unknown {
  return value instanceof Map ? (value as ReadonlyMap<string, unknown>).get(key) : undefined;
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 40);
}
