import { newVolume, type FileContents, type VolumeEditor } from '../../formats/hfsplus/index.ts';
import { memorySource } from '../../formats/source/index.ts';
import { systemVersionPath } from '../system-version.ts';
import { compressedFile } from './compressed-file.ts';
import { noise } from './noise.ts';

export interface SampleSystem {
  /** "10.10.5" */
  readonly version: string;
  readonly build: string;
  /** Of everything in it; whatever has a date has this one. */
  readonly date: Date;
  /** A stand-in kernel, where the release's base system has one. */
  readonly kernel: Uint8Array | undefined;
  /** Bytes of noise, to make it large. */
  readonly filler: number;
}

/** Names that try a volume: decomposed, composed, long, in other scripts, with what is a separator elsewhere. */
const names = ['Éclair brûlé.txt', 'Ångström', '日本語のファイル.txt', '한국어', 'a:b', 'x'.repeat(255)];

/** What the volume of a stand-in BaseSystem.dmg holds: the real one's layout, and one of each thing that HFS+ has. */
export function baseSystem({ version, build, date, kernel, filler }: SampleSystem): VolumeEditor {
  const edit = newVolume({ name: 'OS X Base System', date });
  const dates = { createDate: date, contentModDate: date, attributeModDate: date, accessDate: date };
  const folder = (path: string) => {
    let parent = edit.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const known = [...(parent.children?.values() ?? [])].find((each) => each.name === name);
      parent = known ?? edit.makeFolder(parent, name, { mode: 0o040755, ...dates });
    }
    return parent;
  };
  const file = (path: string, content: string | Uint8Array | FileContents) => {
    const slash = path.lastIndexOf('/');
    const data = typeof content === 'string' ? Buffer.from(content) : content;
    const fork = data instanceof Uint8Array ? { data: memorySource(data) } : data;
    return edit.putFile(folder(path.slice(0, Math.max(0, slash))), path.slice(slash + 1), {
      mode: 0o100644,
      ...dates,
      ...fork,
    });
  };

  file(systemVersionPath, systemVersion(version, build));
  file('System/Library/CoreServices/boot.efi', 'a stand-in for boot.efi\n');
  edit.bless({ folder: folder('System/Library/CoreServices') });
  edit.putSymlink(folder('System/Installation'), 'Packages', '/Volumes/Mac OS X Install ESD/Packages', dates);
  edit.putSymlink(edit.root, 'etc', 'private/etc', dates);
  file('private/etc/hosts', '127.0.0.1 localhost\n');
  if (kernel !== undefined) file('mach_kernel', kernel);

  const tool = file('usr/bin/tool', { data: noise('tool', 70_001), mode: 0o100755 });
  edit.putHardLink(folder('usr/bin'), 'tool-too', tool);
  edit.putHardLink(folder('usr/lib'), 'tool-elsewhere', tool);
  for (const name of names) file(`Library/Names/${name}`, `${name}\n`);
  file('Library/Compressed/small.txt', compressedFile(Buffer.from('small and compressed\n'.repeat(40))));
  file(
    'Library/Compressed/large.txt',
    compressedFile(Buffer.from('large and compressed, but not by much: '.repeat(9000))),
  );
  file('Library/Icon\r', {
    resource: noise('icon', 4711),
    userInfo: Buffer.from('iconMACS\x40\0'.padEnd(16, '\0'), 'latin1'),
  });
  file('Library/tagged', {
    data: memorySource(Buffer.from('tagged\n')),
    attributes: new Map([['com.example.tag', Buffer.from('an attribute\n')]]),
  });
  for (let index = 0; index < 200; index++) file(`Library/Many/file ${index}`, `${index}\n`);
  if (filler > 0) file('Library/filler', { data: noise('base system', filler) });
  return edit;
}

function systemVersion(version: string, build: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>ProductBuildVersion</key>
	<string>${build}</string>
	<key>ProductName</key>
	<string>Mac OS X</string>
	<key>ProductVersion</key>
	<string>${version}</string>
</dict>
</plist>
`;
}
