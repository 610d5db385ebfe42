import { Command } from 'commander';
import {
  addRemoteOptions,
  referenceHelp,
  withRemote,
  type RemoteFlags,
} from '../../registry/remote-options.ts';

interface Flags extends RemoteFlags {
  readonly json?: boolean;
}

export function tagsCommand(): Command {
  const command = new Command('tags')
    .description('List the tags of a repository in a registry, without those of attached papers.')
    .argument('<repository>', 'HOST[:PORT]/REPOSITORY')
    .option('--json', 'print JSON')
    .addHelpText('after', `${referenceHelp}\n\nExample:\n  cidermill tags registry.example/team/mac`)
    .action(async (repository: string, flags: Flags) => {
      const { isPaperTag, listTags } = await import('../../../registry/index.ts');
      const all = await withRemote(repository, flags, {}, (remote) => listTags(remote));
      const tags = all.filter((tag) => !isPaperTag(tag));
      if (flags.json === true) console.log(JSON.stringify({ repository, tags }, null, 2));
      else for (const tag of tags) console.log(tag);
    });
  return addRemoteOptions(command);
}
