import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidError } from '../../base/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import { reportYml } from '../../yaml/file-name.ts';
import { readYamlFile } from '../../yaml/read.ts';
import { readSettings, type Settings } from '../files/settings-file.ts';

/** The project's own settings, at its root. */
export const settingsFile = 'cidermill.yaml';

const none: Settings = { mirrors: [], registry: { private: [] } };

/**
 * Reads a project's settings; those of a project without the file are all left out.
 * @param root absolute
 * @throws InvalidError with all faults of the file; one that ends in .yml is a fault
 */
export function loadSettings(root: string): Settings {
  const faults = collectFaults();
  const yaml = readYamlFile(join(root, settingsFile), settingsFile, faults.report);
  const misnamed = settingsFile.replace(/yaml$/, 'yml');
  if (yaml === undefined && existsSync(join(root, misnamed))) reportYml(misnamed, faults.report);
  const settings = yaml?.node === undefined ? undefined : readSettings(yaml.node, faults.report);
  if (faults.count() > 0)
    throw new InvalidError(faults.sorted(), new Map([[settingsFile, yaml?.text ?? '']]));
  return settings ?? none;
}
