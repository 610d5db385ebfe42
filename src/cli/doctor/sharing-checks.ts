import { Failure, InvalidError } from '../../base/index.ts';
import { teamSettings } from '../../engine/team/team-settings.ts';
import { findTool, type Check } from '../../host/index.ts';

/** What sending to others, and taking from them, needs of this host. Nothing is asked over the network. */
export function sharingChecks(root: string): Check[] {
  return [cacheCheck(root), signingCheck()].map((check) => ({ ...check, needed: 'sharing' }));
}

function cacheCheck(root: string): Check {
  const name = "team's cache";
  try {
    const team = teamSettings(root);
    if (team === undefined)
      return { name, state: 'ok', finding: 'none is named (CIDERMILL_CACHE, or cache: in cidermill.yaml)' };
    const { url, push } = team;
    const shown = url.replace(/\/\/[^/@]*@/, '//');
    return { name, state: 'ok', finding: `${shown}, ${push ? 'read and written' : 'read only'}` };
  } catch (error) {
    if (error instanceof InvalidError)
      return { name, state: 'fault', finding: error.message, mend: 'cidermill validate' };
    if (!(error instanceof Failure)) throw error;
    const { message, hint } = error;
    return { name, state: 'fault', finding: message, ...(hint !== undefined && { mend: hint }) };
  }
}

function signingCheck(): Check {
  const path = findTool('ssh-keygen');
  if (path !== undefined) return { name: 'ssh-keygen', state: 'ok', finding: `signs and checks: ${path}` };
  return {
    name: 'ssh-keygen',
    state: 'warning',
    finding: 'not found; it signs provenance, and checks who signed',
    mend: 'apt-get install openssh-client',
  };
}
