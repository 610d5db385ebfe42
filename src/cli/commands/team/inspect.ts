import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import {
  addRemoteOptions,
  referenceHelp,
  withRemote,
  type RemoteFlags,
} from '../../registry/remote-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

interface Flags extends RemoteFlags {
  readonly json?: boolean;
}

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description(
      'Show a product in a registry: its files, disks, gate and papers; without a tag, the tags that there are. Nothing of its files is fetched.',
    )
    .argument('<reference>', 'HOST[:PORT]/REPOSITORY:TAG, or without :TAG the repository')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `${referenceHelp}\n\nExamples:\n  cidermill inspect registry.example/team/mac      its tags\n  cidermill inspect registry.example/team/mac:1`,
    )
    .action(async (reference: string, flags: Flags) => {
      const found = await withRemote(reference, flags, {}, async (remote, named) =>
        named.tag === undefined && named.digest === undefined
          ? { tags: await tagsOf(remote) }
          : describe(remote, named),
      );
      if (flags.json === true) console.log(JSON.stringify({ reference, ...found }, null, 2));
      else for (const line of 'tags' in found ? found.tags : lines(found)) console.log(line);
    });
  return addRemoteOptions(command);
}

/** Without those of attached papers. */
async function tagsOf(remote: Parameters<typeof describe>[0]): Promise<string[]> {
  const { isPaperTag, listTags } = await import('../../../registry/index.ts');
  return (await listTags(remote)).filter((tag) => !isPaperTag(tag));
}

type Described = Awaited<ReturnType<typeof describe>>;

async function describe(...[remote, reference]: Parameters<Parameters<typeof withRemote>[3]>) {
  const { findProduct, listPapers, notes, productFacts, wordOf } = await import('../../../registry/index.ts');
  const found = await findProduct(remote, wordOf(reference));
  if (found === undefined)
    throw new Failure('not-found', `there is no ${printable(reference.name)} of that tag or digest`);
  const papers = await listPapers(remote, found.digest);
  return {
    ...productFacts(found),
    papers: papers.map(({ artifactType = '', digest, annotations }) => ({
      title: annotations?.[notes.title] ?? '',
      type: artifactType,
      digest,
    })),
  };
}

function lines({
  digest,
  product,
  gate,
  contains,
  files,
  disks,
  layers,
  stored,
  papers,
}: Described): string[] {
  return [
    `product   ${printable(product)}`,
    `digest    ${digest}`,
    `gate      ${printable(gate)}`,
    ...(contains === undefined ? [] : [`contains  ${printable(contains)}`]),
    `stored    ${formatBytes(stored)} in ${formatCount(layers, 'layer')}`,
    'files',
    ...files.map(({ path, size, sha256 }) => `  ${printable(path)}  ${formatBytes(size)}  sha256:${sha256}`),
    ...disks.map(
      ({ path, size, used, packs, digest: own }) =>
        `  ${printable(path)}: a disk of ${formatBytes(size)}, ${formatBytes(used)} of it used, in ${formatCount(packs, 'pack')}, disk digest ${own}`,
    ),
    `papers    ${papers.length === 0 ? 'none' : papers.map(({ title }) => printable(title)).join(', ')}`,
  ];
}
