import type { ByteSource } from '../base/index.ts';
import { decodedImage, readUdif, type Udif } from '../formats/udif/index.ts';
import { openFile, type FileSource } from './file-source.ts';
import { checkRawImage } from './recognise.ts';

/** A disk image, open. */
export interface Image {
  readonly file: FileSource;
  /** Undefined: the file is the raw disk. */
  readonly udif: Udif | undefined;
  /** The whole disk, decoded where it is read. */
  readonly disk: ByteSource;
  readonly close: () => Promise<void>;
}

/** @throws FormatError that says what the file is when it is no disk image we can read; Failure 'cannot-read' */
export async function openImage(path: string): Promise<Image> {
  const file = await openFile(path);
  try {
    return { file, ...(await openDisk(file)), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The disk in an image that is itself in a file or in another image. @throws FormatError as openImage does */
export async function openDisk(image: ByteSource): Promise<Pick<Image, 'udif' | 'disk'>> {
  const udif = await readUdif(image);
  if (udif === undefined) await checkRawImage(image);
  return { udif, disk: udif === undefined ? image : decodedImage(image, udif) };
}
