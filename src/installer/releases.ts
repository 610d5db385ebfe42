/**
 * What has to be done to the base system of a release so that it installs from a disc: what Gabriel Somlo's page on
 * OS X under QEMU does by hand on a Mac ("Installation media"), and which releases need what of it.
 */
export interface Release {
  /** The first two numbers of ProductVersion. */
  readonly version: string;
  readonly name: string;
  readonly medium: 'dvd' | 'esd';
  readonly tasks: readonly Task[];
}

/** One change to the volume. Paths are within volumes: `from` in InstallESD's, `to` in the base system's. */
export type Task =
  | {
      readonly do: 'replace';
      /** A link or file, which makes place for the folder of that name. */
      readonly to: string;
      readonly from: string;
    }
  | {
      readonly do: 'copy';
      /** A folder's entries whose names begin so. */
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly do: 'kernel';
      /** The package, and the file in its payload. */
      readonly from: string;
      readonly file: string;
      readonly to: string;
    };

const packages: Task = { do: 'replace', to: 'System/Installation/Packages', from: 'Packages' };
const baseSystem: Task = { do: 'copy', from: 'BaseSystem.', to: '' };
const kernel: Task = {
  do: 'kernel',
  from: 'Packages/Essentials.pkg',
  file: 'System/Library/Kernels/kernel',
  to: 'System/Library/Kernels/kernel',
};

export const releases: readonly Release[] = [
  { version: '10.6', name: 'Snow Leopard', medium: 'dvd', tasks: [] },
  { version: '10.7', name: 'Lion', medium: 'esd', tasks: [packages] },
  { version: '10.8', name: 'Mountain Lion', medium: 'esd', tasks: [packages] },
  { version: '10.9', name: 'Mavericks', medium: 'esd', tasks: [packages] },
  // Since 10.10 the base system has no kernel outside of the prelinked one, and the installer looks for its own image.
  { version: '10.10', name: 'Yosemite', medium: 'esd', tasks: [packages, baseSystem, kernel] },
  { version: '10.11', name: 'El Capitan', medium: 'esd', tasks: [packages, baseSystem, kernel] },
  { version: '10.12', name: 'Sierra', medium: 'esd', tasks: [packages, baseSystem, kernel] },
];
