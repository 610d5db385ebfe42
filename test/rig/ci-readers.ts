/* eslint-disable no-control-regex -- escape sequences are what is read here */
/** A command that a CI system would carry out. */
export interface Act {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** The commands that GitHub's runner knows. */
const known = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'internal-set-repo-path',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
];

/**
 * Reads a job's log as GitHub's runner does: a line's `::name properties::data` behind white space, the older
 * `##[name properties]data` anywhere in a line, Azure's `##vso[…]`, and nothing between stop-commands and its token. Also the
 * words that the log's page folds or colours by, `##[command]` for example, are found.
 */
export function readAsGitHub(log: string): Act[] {
  const acts: Act[] = [];
  let token: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    if (token !== undefined) {
      if (line.trim() === `::${token}::`) token = undefined;
      // The page of the log reads these even there.
      else if (/##(?:vso)?\[/i.test(line)) acts.push({ command: '##[', properties: {}, data: line });
      continue;
    }
    const [, command = '', properties = '', data = ''] = /^\s*::(\S+?)(?: (.*?))?::(.*)$/.exec(line) ?? [];
    if (known.includes(command.toLowerCase())) {
      acts.push({ command, properties: readProperties(properties), data: unescape(data) });
      if (command === 'stop-commands') token = data;
    } else if (/##(?:vso)?\[/i.test(line)) acts.push({ command: '##[', properties: {}, data: line });
  }
  return acts;
}

/** Reads it as GitLab does: section markers, and escape sequences other than colours. */
export function readAsGitLab(log: string): Act[] {
  const sections = /section_(start|end):(\d+):([\w.-]+)(\[[^\]]*\])?\r\u001b\[0K/g;
  const acts = Array.from(log.matchAll(sections), ([, kind = '', time = '', name = '', options = '']) => ({
    command: `section_${kind}`,
    properties: { time, options },
    data: name,
  }));
  const rest = log.replace(/\u001b\[0K/g, '').replace(sections, '');
  const escapes = Array.from(rest.replace(/\u001b\[[0-9;]*m/g, '').matchAll(/\u001b[^\n]*/g), ([found]) => ({
    command: 'escape',
    properties: {},
    data: found,
  }));
  return [...acts, ...escapes];
}

function readProperties(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(',')
      .filter((each) => each.includes('='))
      .map((each) => {
        const at = each.indexOf('=');
        return [
          each.slice(0, at).trim(),
          unescape(each.slice(at + 1))
            .replaceAll('%3A', ':')
            .replaceAll('%2C', ','),
        ];
      }),
  );
}

function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
