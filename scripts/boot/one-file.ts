import { Failure } from '#base';
import type { Step } from 'cidermill/step';

/**
 * The size of a qcow2 disk as the guest sees it, in bytes. One that is made of other files too would boot with what lies
 * there at the time.
 * @throws Failure 'disk-leads-elsewhere'
 */
export async function sizeOfOneFile($: Step['$'], qemu: string, disk: string): Promise<number> {
  const { stdout } = await $`${qemu}/bin/qemu-img info -f qcow2 --output=json ${disk}`;
  const info = JSON.parse(stdout) as {
    readonly 'virtual-size': number;
    readonly 'backing-filename'?: string;
    readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string } };
  };
  const other = info['backing-filename'] ?? info['format-specific']?.data?.['data-file'];
  if (other !== undefined)
    throw new Failure(
      'disk-leads-elsewhere',
      `the disk is made of another file too: ${JSON.stringify(other)}`,
      {
        hint: 'Make it one file: qemu-img convert -O qcow2 DISK NEW.',
      },
    );
  return info['virtual-size'];
}
