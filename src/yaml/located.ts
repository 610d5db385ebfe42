import type { Place } from '../base/index.ts';

/** A value with the place it was written at. */
export interface Located<T> extends Place {
  readonly value: T;
  /** Of a list: the place of each item. */
  readonly items?: readonly Place[];
}
