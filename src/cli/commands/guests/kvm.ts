import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import type { Act, KvmModule, KvmPlan, KvmStatus, KernelWorld } from '../../../host/kvm/index.ts';

/** The machine is this one; a test, or somebody who looks at a mounted root, names another folder. */
interface WorldFlags {
  readonly root: string;
}

export function kvmCommand(): Command {
  return new Command('kvm')
    .description("Show what the kernel's KVM does for OS X guests, and replace its modules.")
    .addCommand(status())
    .addCommand(load())
    .addCommand(unload());
}

function status(): Command {
  return new Command('status')
    .description('Show what this kernel needs, which modules it has, their parameters, and who uses them.')
    .option('--json', 'print JSON')
    .addOption(rootOption())
    .addHelpText('after', '\nExample:\n  cidermill kvm status')
    .action(async (flags: WorldFlags & { readonly json?: boolean }) => {
      const { readStatus, thisWorld } = await import('../../../host/kvm/index.ts');
      const found = readStatus(thisWorld(flags.root));
      console.log(flags.json === true ? JSON.stringify(found, null, 2) : statusLines(found).join('\n'));
    });
}

interface LoadFlags extends WorldFlags {
  readonly dryRun?: boolean;
  readonly ignoreMsrs?: 'now' | 'always';
  readonly hostCpu?: 'intel' | 'amd';
}

function load(): Command {
  return new Command('load')
    .description(
      "Load modules in place of those that are loaded; without a folder, the kernel's own. As root.",
    )
    .argument('[folder]', 'a folder with kvm.ko, kvm-intel.ko and kvm-amd.ko')
    .option('-n, --dry-run', 'print the commands and do nothing')
    .addOption(
      new Option(
        '--ignore-msrs <when>',
        'ignore model-specific registers that KVM does not know: now, or at every boot too',
      ).choices(['now', 'always']),
    )
    .addOption(
      new Option(
        '--host-cpu <vendor>',
        'with --dry-run: the commands for another host, which has that CPU and nothing of KVM loaded',
      ).choices(['intel', 'amd']),
    )
    .addOption(rootOption())
    .addHelpText(
      'after',
      `
Examples:
  cidermill kvm load artifacts/kvm-modules/modules --dry-run
  cidermill kvm load artifacts/kvm-modules/modules --dry-run --host-cpu amd
  sudo cidermill kvm load artifacts/kvm-modules/modules
  sudo cidermill kvm load --ignore-msrs now

What was loaded before is noted; \`cidermill kvm unload\` brings it back. Modules whose vermagic is not the kernel's, and
modules in use, are refused.`,
    )
    .action(async (folder: string | undefined, flags: LoadFlags) => {
      const { carryOutLoad, planElsewhere, planLoad, readStatus, thisWorld } =
        await import('../../../host/kvm/index.ts');
      const world = thisWorld(flags.root);
      const from = folder === undefined ? undefined : modulesIn(resolve(folder));
      if (flags.hostCpu !== undefined) {
        if (flags.dryRun !== true || from === undefined)
          throw new Failure('usage', '--host-cpu is about another host: it needs a folder and --dry-run');
        const elsewhere = await planElsewhere(world, flags.hostCpu, {
          folder: from,
          ...(flags.ignoreMsrs === undefined ? {} : { ignoreMsrs: flags.ignoreMsrs }),
        });
        console.log(`# on a host that runs Linux ${elsewhere.kernel}, with these modules in the same place`);
        await show(elsewhere.plan);
        return;
      }
      const plan = await planLoad(world, readStatus(world), {
        ...(from === undefined ? {} : { folder: from }),
        ...(flags.ignoreMsrs === undefined ? {} : { ignoreMsrs: flags.ignoreMsrs }),
      });
      if (flags.dryRun === true) await show(plan);
      else await carryOut(plan, (say) => carryOutLoad(world, plan, from, say));
    });
}

function unload(): Command {
  return new Command('unload')
    .description('Remove the modules that `load` brought, and load again what was there before. As root.')
    .option('-n, --dry-run', 'print the commands and do nothing')
    .addOption(rootOption())
    .addHelpText('after', '\nExample:\n  sudo cidermill kvm unload')
    .action(async (flags: WorldFlags & { readonly dryRun?: boolean }) => {
      const { bootFile, carryOutUnload, planUnload, readStatus, thisWorld } =
        await import('../../../host/kvm/index.ts');
      const world: KernelWorld = thisWorld(flags.root);
      const plan = planUnload(readStatus(world));
      if (flags.dryRun === true) await show(plan);
      else await carryOut(plan, (say) => carryOutUnload(world, plan, say));
      if (existsSync(join(flags.root, bootFile)))
        console.log(`${bootFile} is kept: remove it to undo --ignore-msrs always`);
    });
}

function rootOption(): Option {
  return new Option('--root <folder>', 'a folder laid out like / instead of it').default('/').hideHelp();
}

/** A product's folder stands for the modules in it. */
function modulesIn(folder: string): string {
  return existsSync(join(folder, 'modules/kvm.ko')) ? join(folder, 'modules') : folder;
}

async function show({ acts }: KvmPlan): Promise<void> {
  const { showAct } = await import('../../../host/kvm/index.ts');
  for (const act of acts) console.log(showAct(act));
}

/** Shows all that will be done before any of it, and again what is being done. */
async function carryOut(plan: KvmPlan, act: (say: (act: Act) => void) => Promise<void>): Promise<void> {
  const { showAct } = await import('../../../host/kvm/index.ts');
  console.log(`This will be done:\n${plan.acts.map((one) => `  ${showAct(one)}`).join('\n')}`);
  if (plan.acts.length === 0) throw new Failure('nothing-to-do', 'there is nothing to do');
  await act((one) => console.log(`+ ${showAct(one)}`));
  console.log('done');
}

function statusLines(found: KvmStatus): string[] {
  const [answer = '', ...reasons] = found.needs.lines;
  const loaded = found.modules.map((module) => moduleLine(module, found));
  const users = found.users.map(({ command, pid }) => `${command} (process ${pid})`).join(', ');
  return [
    line('kernel', found.kernel + (found.loadable ? '' : ', which cannot load modules')),
    line('need', answer),
    ...reasons.map((reason) => line('', reason)),
    line(
      'CPU',
      found.cpu === undefined ? 'neither vmx nor svm: no KVM' : found.cpu === 'intel' ? 'vmx' : 'svm',
    ),
    line('/dev/kvm', found.device ? 'there' : 'not there'),
    ...(loaded.length === 0 ? [line('modules', 'none')] : loaded),
    ...found.others.map((name) =>
      line(name, 'not one of these; it holds them, and has to go before they can'),
    ),
    ...(users === '' ? [] : [line('in use by', users)]),
  ];
}

function moduleLine({ name, loaded, parameters }: KvmModule, { record }: KvmStatus): string {
  const origin = !loaded
    ? 'part of the kernel'
    : record === undefined
      ? "the kernel's own"
      : `from ${record.folder}`;
  const values = Object.entries(parameters).map(([parameter, value]) => `${parameter}=${value}`);
  return line(name, [origin, ...values].join('  '));
}

function line(label: string, text: string): string {
  return `${label.padEnd(10)} ${text}`;
}
