/** What a rebuild does otherwise than the run that made the stored output: the list that reprotest varies. */
export const variations = {
  path: 'the work folder, the sources and the inputs are at other paths',
  clock: 'the clock is more than a year ahead; SOURCE_DATE_EPOCH stays',
  user: 'another user name and number',
  'host-name': 'another host name, and other name servers',
  locale: 'another locale, with another order of letters',
  umask: 'files are made for their owner alone',
  'time-zone': 'another time zone',
  jobs: 'another number of jobs',
  cpus: 'one CPU fewer',
  home: 'another home folder',
  environment: 'more environment variables, a longer PATH',
  'file-order': 'folders list their files in another order',
} as const;

export type Variation = keyof typeof variations;

export const allVariations = Object.keys(variations) as readonly Variation[];

/** A variation that could not be tried on a step, and why, as the end of a sentence. */
export interface Unvaried {
  readonly variation: Variation;
  readonly why: string;
}

/** How far ahead the clock is, in seconds: another year, month, day, hour and minute. */
export const clockAhead = 398 * 86_400 + 7 * 3600 + 23 * 60;

/** When a clock that stands still stands still, in seconds since 1970: 1 January 2001. */
export const standstill = 978_307_200;
