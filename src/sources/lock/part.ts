/** What is wrong with a lockfile's value, and where: the names and indices that lead to it. */
export interface LockFault {
  readonly code: 'wrong-type' | 'missing-key' | 'unknown-key' | 'lock-version' | 'yaml-syntax';
  readonly message: string;
  readonly path: readonly (string | number)[];
  /** The last name of the path itself rather than its value. */
  readonly at?: 'key';
}

/** A value of the lockfile with the way to it. Reading a field that is not as it must be reports it and gives undefined. */
export class Part {
  readonly faults: LockFault[];
  readonly #value: unknown;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #what: string;
  readonly #path: readonly (string | number)[];

  constructor(value: unknown, what: string, path: readonly (string | number)[], faults: LockFault[]) {
    this.#value = value;
    this.#what = what;
    this.#path = path;
    this.faults = faults;
    this.#fields = isRecord(value) ? value : {};
  }

  /** Checks that it is a mapping of no other names. */
  only(...names: readonly string[]): this {
    if (!isRecord(this.#value)) this.report('wrong-type', `${capital(this.#what)} must be a mapping.`);
    for (const name of Object.keys(this.#fields)) {
      if (names.includes(name)) continue;
      const message = `${capital(this.#what)} has no "${name}".`;
      this.faults.push({ code: 'unknown-key', message, path: [...this.#path, name], at: 'key' });
    }
    return this;
  }

  /** The same under another name in messages. */
  called(what: string): Part {
    return new Part(this.#value, what, this.#path, this.faults);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  text(name: string, form?: RegExp): string | undefined {
    const value = this.#required(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '' && form?.test(value) !== false) return value;
    this.report('wrong-type', `"${name}" of ${this.#what} does not have the form it must have.`, name);
    return undefined;
  }

  /** A whole number, not negative; as JSON or as the digits that YAML read. */
  integer(name: string): number | undefined {
    const value = this.#required(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    this.report('wrong-type', `"${name}" of ${this.#what} must be a whole number, not negative.`, name);
    return undefined;
  }

  /** A list of parts; YAML's nothing is an empty one. @param what each is */
  list(name: string, what: string): Part[] {
    const value = this.#required(name);
    if (value === undefined || value === '') return [];
    const path = [...this.#path, name];
    return new Part(value, `"${name}" of ${this.#what}`, path, this.faults).items(what);
  }

  words(name: string): string[] {
    const value = this.#required(name);
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
    if (value !== undefined)
      this.report('wrong-type', `"${name}" of ${this.#what} must be a list of names.`, name);
    return [];
  }

  /** The items of a list. @param what each is */
  items(what: string): Part[] {
    if (Array.isArray(this.#value))
      return this.#value.map((item, index) => new Part(item, what, [...this.#path, index], this.faults));
    this.report('wrong-type', `${capital(this.#what)} must be a list.`);
    return [];
  }

  /** The members of a mapping whose names are the user's; none where it is left out or empty. */
  section(name: string): [string, Part][] {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return [];
    const path = [...this.#path, name];
    if (!isRecord(value)) {
      this.report('wrong-type', `The section "${name}" must be a mapping.`, name);
      return [];
    }
    return Object.entries(value).map(([member, each]) => [
      member,
      new Part(each, `"${member}"`, [...path, member], this.faults),
    ]);
  }

  /** @param name of the field it is about; else it is about all of it */
  report(code: LockFault['code'], message: string, name?: string): void {
    const path = name !== undefined && this.has(name) ? [...this.#path, name] : this.#path;
    this.faults.push({ code, message, path });
  }

  #required(name: string): unknown {
    const value = this.#fields[name];
    if (value !== undefined && value !== null) return value;
    if (isRecord(this.#value)) this.report('missing-key', `${capital(this.#what)} lacks "${name}".`);
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
