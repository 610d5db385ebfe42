import { build } from 'plist';

/** Where Chameleon looks for its settings on a volume. */
export const bootPlistPath = 'Extra/org.chameleon.Boot.plist';

/** What Chameleon is told. What is left out is left to it. */
export interface BootSettings {
  /** Seconds until it starts up by itself, 1 to 3600: without it, as with 0, its menu waits for ever. */
  readonly timeout?: number;
  /** Added to the kernel's command line, before what is typed: "idlehalt=0", "-v" … */
  readonly kernelFlags?: readonly string[];
  /** Of the screen the kernel gets: "1280x1024x32". */
  readonly graphicsMode?: string;
  /** The grey apple of old instead of the newer one. */
  readonly legacyLogo?: boolean;
  /** False: text instead of the graphical menu, which is what a smoke boot can read. */
  readonly gui?: boolean;
  /** Any other of its keys, as it spells them; the settings above win. */
  readonly others?: Readonly<Record<string, string>>;
}

/**
 * Older Chameleons read 4096 bytes of the file and want a NUL behind them, which they do not write. The kernel's command
 * line is that long.
 */
const longest = { file: 4095, commandLine: 1023 } as const;

/**
 * Chameleon's org.chameleon.Boot.plist. All values are strings, booleans Yes and No, as it expects them; the same
 * settings are the same bytes.
 * @throws RangeError when a setting is nothing that Chameleon understands, or the file is longer than it reads
 */
export function bootPlist(settings: BootSettings): Uint8Array {
  const { timeout, kernelFlags = [], graphicsMode, legacyLogo, gui, others = {} } = settings;
  const flags = kernelFlags.join(' ');
  if (timeout !== undefined && !(Number.isInteger(timeout) && timeout >= 1 && timeout <= 3600)) {
    throw new RangeError(`a timeout of ${timeout} s is not from 1 to 3600`);
  }
  if (graphicsMode !== undefined && !/^\d{3,4}x\d{3,4}(x(16|32))?$/.test(graphicsMode)) {
    throw new RangeError(
      `the graphics mode ${JSON.stringify(graphicsMode)} is not a mode such as "1280x1024x32"`,
    );
  }
  // It hands a value on as it is written, so that the kernel would get "&amp;".
  if (!/^[\x20-\x7e]*$/.test(flags) || /[&<>]/.test(flags) || flags.length > longest.commandLine) {
    throw new RangeError(
      `kernel flags are printable ASCII without &, < and >, at most ${longest.commandLine} characters`,
    );
  }
  const values: Record<string, string | undefined> = {
    Timeout: timeout?.toString(),
    'Kernel Flags': flags === '' ? undefined : flags,
    'Graphics Mode': graphicsMode,
    'Legacy Logo': yesOrNo(legacyLogo),
    GUI: yesOrNo(gui),
  };
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const all = { ...others, ...Object.fromEntries(given) };
  const bytes = Buffer.from(`${build(all, { indent: '\t' })}\n`);
  if (bytes.length > longest.file) {
    throw new RangeError(`the settings take ${bytes.length} bytes, of which Chameleon reads ${longest.file}`);
  }
  return bytes;
}

function yesOrNo(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'Yes' : 'No';
}
