// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The names, versions and licences of the npm packages that files are of, one after the other: most licences ask that
 * their text goes with every copy.
 * @param {string} root absolute path of the checkout
 * @param {readonly string[]} files relative to it
 */
export function bundledLicences(root, files) {
  const folders = files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((one) => /^(licen[cs]e|copying)(\.|-|$)/i.test(one));
    const text = file === undefined ? '' : `\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    return `${name} ${version}: ${license}\n${text}`;
  });
  return ['cidermill has these packages built in.\n', ...texts].join('\n----------------\n\n');
}
