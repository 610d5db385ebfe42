/** From 1904, where dates of HFS+ count from, to 1970. */
export const from1904To1970 = 2_082_844_800;

/** Seconds since 1970 of a date in a record, which is in UTC; undefined when it was never set. */
export function unixTime(date: number): number | undefined {
  return date === 0 ? undefined : date - from1904To1970;
}
