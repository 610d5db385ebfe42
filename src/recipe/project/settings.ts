import { join } from 'node:path';
import { InvalidError } from '../../base/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import { readYamlFile } from '../../yaml/read.ts';
import { readSettings, type Settings } from '../files/settings-file.ts';

/** The project's own settings, at its root. */
export const settingsFile = 'cidermill.yaml';

const none: Settings = { mirrors: [] };

/**
 * Reads a project's settings; those of a project without the file are all left out.
 * @param root absolute
 * @throws InvalidError with all faults of the file
 */
export function loadSettings(root: string): Settings {
  const faults = collectFaults();
  const yaml = readYamlFile(join(root, settingsFile), settingsFile, faults.report);
  if (yaml === undefined) return none;
  const settings = yaml.node === undefined ? undefined : readSettings(yaml.node, faults.report);
  if (faults.count() > 0) throw new InvalidError(faults.sorted(), new Map([[settingsFile, yaml.text]]));
  return settings ?? none;
}
