import { Command, InvalidArgumentError } from 'commander';
import { Failure } from '../../../base/index.ts';
import type { SignatureReport } from '../../../formats/xar/index.ts';
import { parseSize } from '../../../yaml/size.ts';
import { onInterrupt } from '../../interrupt.ts';
import { showProgress } from '../../reporters/progress-line.ts';
import { formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

export function pkgCommand(): Command {
  return new Command('pkg')
    .description("Look into Apple's installer packages, payloads included, and extract them.")
    .addCommand(list())
    .addCommand(extract())
    .addCommand(cat());
}

function list(): Command {
  return new Command('list')
    .description('List the members of a package and what its payloads and scripts hold.')
    .argument('<package>', 'a flat .pkg, a .xip, or a payload by itself')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill pkg list Essentials.pkg')
    .action(async (packagePath: string, flags: { readonly json?: boolean }) => {
      const { openFile, packageEntries, payloadEntries, readPackage } =
        await import('../../../image/index.ts');
      const file = await openFile(packagePath);
      try {
        const pkg = await readPackage(file);
        const listed: Listed[] = [];
        const tell = (one: Listed): void => {
          if (flags.json === true) listed.push(one);
          else console.log(line(one));
        };
        if (flags.json !== true)
          for (const each of pkg.signatures) console.log(signatureLines(each).join('\n'));
        for await (const { path, kind, mode, size, target } of pkg.isPayload ? payloadEntries(pkg) : [])
          tell({ path: path === '' ? '.' : path, kind, mode: octal(mode), size, target });
        for (const member of pkg.members) {
          const { path, kind, mode, data, target } = member;
          tell({ path, kind, mode: octal(mode), size: data?.size ?? 0, target });
          if (!pkg.archives.has(member)) continue;
          for await (const inner of packageEntries(pkg, member))
            tell({
              path: `${path}:/${inner.path}`,
              kind: inner.kind,
              mode: octal(inner.mode),
              size: inner.size,
              target: inner.target,
            });
        }
        if (flags.json === true)
          console.log(JSON.stringify({ signatures: pkg.signatures, files: listed }, null, 2));
      } finally {
        await file.close();
      }
    });
}

interface ExtractFlags {
  readonly output: string;
  readonly limit?: number;
  readonly outsideLinks?: boolean;
}

function extract(): Command {
  return new Command('extract')
    .description('Extract a package: its payloads and scripts become folders.')
    .argument('<package>', 'a flat .pkg, a .xip, or a payload by itself')
    .requiredOption('-o, --output <folder>', 'the folder to make; it appears when it is whole')
    .option(
      '--limit <size>',
      'refuse to extract more than this, such as 20G; by default the free space of the disk',
      sizeOption,
    )
    .option('--outside-links', 'also make symbolic links that lead out of the folder')
    .addHelpText('after', '\nExample:\n  cidermill pkg extract Essentials.pkg -o Essentials')
    .action(async (path: string, flags: ExtractFlags) => {
      const { extractPackage, openFile, readPackage } = await import('../../../image/index.ts');
      const file = await openFile(path);
      try {
        const pkg = await readPackage(file);
        for (const { style, signer, state } of pkg.signatures)
          if (state === 'does not match')
            console.error(
              `warning: the ${printable(style)} signature of ${printable(signer ?? 'nobody named')} does not match: the package was changed after it was signed, or the signature is damaged`,
            );
        const progress = showProgress('extract');
        const { files, skipped, outside } = await extractPackage(pkg, flags.output, {
          limit: flags.limit,
          outsideLinks: flags.outsideLinks,
          onProgress: progress.take,
          signal: onInterrupt(),
        }).finally(progress.end);
        console.log(`${flags.output}: ${formatCount(files, 'file')}`);
        for (const each of skipped) console.log(`left out, a device or pipe: ${printable(each)}`);
        for (const { path: at, target } of outside)
          console.log(`left out, a link that leads outside: ${printable(`${at} -> ${target}`)}`);
      } finally {
        await file.close();
      }
    });
}

function sizeOption(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('Expected a size such as 512M or 20G.');
  return bytes;
}

function cat(): Command {
  return new Command('cat')
    .description('Write one file of a package to standard output.')
    .argument('<package>', 'a flat .pkg, a .xip, or a payload by itself')
    .argument('<path>', 'a path as "pkg list" shows it, such as Payload:/usr/bin/tool')
    .addHelpText('after', '\nExample:\n  cidermill pkg cat Essentials.pkg Payload:/mach_kernel > mach_kernel')
    .action(async (path: string, wanted: string) => {
      const { openFile, packageEntries, payloadEntries, readMember, readPackage } =
        await import('../../../image/index.ts');
      const file = await openFile(path);
      try {
        const pkg = await readPackage(file);
        const [name = '', inside] = wanted.replace(/^\/+/, '').split(/:\/+(.*)/s);
        const member = pkg.members.find((each) => each.path === name && each.kind === 'file');
        if (member !== undefined && inside === undefined) {
          await write(readMember(pkg.source, member));
          return;
        }
        if (member !== undefined || pkg.isPayload) {
          const searched = pkg.isPayload ? name : inside;
          for await (const entry of member === undefined
            ? payloadEntries(pkg)
            : packageEntries(pkg, member)) {
            if (entry.path !== searched || entry.kind !== 'file') continue;
            await write(entry.content);
            return;
          }
        }
        throw new Failure('not-found', `${path} has no file ${wanted}`, {
          hint: `"cidermill pkg list ${path}" shows what it has.`,
        });
      } finally {
        await file.close();
      }
    });
}

async function write(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of bytes) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function signatureLines({ style, signer, state, chain }: SignatureReport): string[] {
  const judged = `signature ${printable(style)} of ${printable(signer ?? 'nobody named')}: ${state}`;
  if (chain.length < 2) return [judged];
  return [
    judged,
    `  signed by: ${chain.slice(1).map(printable).join(', by ')} (whether to trust it is not judged)`,
  ];
}

const marks = { file: '-', folder: 'd', link: 'l', other: '?' } as const;

/** A member, or with ":/" in its path what one holds. */
interface Listed {
  readonly path: string;
  readonly kind: keyof typeof marks;
  readonly mode: string;
  readonly size: number;
  readonly target: string | undefined;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function line({ path, kind, mode, size, target }: Listed): string {
  const shown = target === undefined ? path : `${path} -> ${target}`;
  return `${marks[kind]} ${mode} ${String(size).padStart(11)}  ${printable(shown)}`;
}
