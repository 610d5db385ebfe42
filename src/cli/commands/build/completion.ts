import { Argument, Command } from 'commander';
import { completionScripts } from '../../completion/shells.ts';

export function completionCommand(): Command {
  return new Command('completion')
    .description(
      'Print what bash, zsh or fish reads to complete commands, and names of recipes, pipelines, steps and parameters.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(completionScripts)))
    .addHelpText(
      'after',
      `
Examples:
  cidermill completion bash > ~/.local/share/bash-completion/completions/cidermill
  cidermill completion zsh > ~/.zfunc/_cidermill
  cidermill completion fish > ~/.config/fish/completions/cidermill.fish`,
    )
    .action((shell: string) => void process.stdout.write(completionScripts[shell] ?? ''));
}
