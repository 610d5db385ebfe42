/** Where Chameleon looks for its settings in a volume. */
export const loaderPlistPath = ['Extra', 'org.chameleon.Boot.plist'] as const;

export interface LoaderSettings {
  /** Seconds until it starts the volume by itself; with 0 it waits at its prompt for ever. */
  readonly timeout: number;
  readonly kernelFlags: readonly string[];
}

/** Chameleon's settings as a property list. */
export function loaderPlist({ timeout, kernelFlags }: LoaderSettings): Uint8Array {
  const entries = [
    ['Kernel Flags', kernelFlags.join(' ')],
    ['Timeout', String(timeout)],
  ] as const;
  return Buffer.from(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
      '<plist version="1.0">',
      '<dict>',
      ...entries.flatMap(([key, value]) => [`\t<key>${key}</key>`, `\t<string>${escape(value)}</string>`]),
      '</dict>',
      '</plist>',
      '',
    ].join('\n'),
  );
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
