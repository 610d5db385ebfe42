/** What a property list holds. A dict is a Map: its keys come from outside. */
export type PlistValue =
  string | number | boolean | Date | Uint8Array | readonly PlistValue[] | ReadonlyMap<string, PlistValue>;
