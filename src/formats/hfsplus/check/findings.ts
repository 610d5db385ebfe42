/** What a check says of a volume. */
export interface Finding {
  /** A fault contradicts the format or another part of the volume; a remark is unusual and harms nothing. */
  readonly severity: 'fault' | 'remark';
  readonly area: Area;
  readonly what: string;
  /** In bytes from the beginning of the volume. */
  readonly offset?: number;
  /** The catalog node id of the file or folder it is about. */
  readonly id?: number;
}

export type Area =
  'header' | 'journal' | 'extents' | 'catalog' | 'attributes' | 'links' | 'compression' | 'bitmap';

export type Where = Pick<Finding, 'offset' | 'id'>;

/** A volume of nothing but faults is told by its first. */
const mostKept = 2000;

/** Collects findings; those beyond some thousands are only counted. */
export class Findings {
  readonly list: Finding[] = [];
  faults = 0;
  remarks = 0;

  fault(area: Area, what: string, where: Where = {}): void {
    this.faults++;
    this.#keep({ severity: 'fault', area, what, ...where });
  }

  remark(area: Area, what: string, where: Where = {}): void {
    this.remarks++;
    this.#keep({ severity: 'remark', area, what, ...where });
  }

  #keep(finding: Finding): void {
    if (this.list.length < mostKept) this.list.push(finding);
  }
}
