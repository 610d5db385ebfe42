export { decrypted } from './decrypt.ts';
export { encryptedHeader, keyPointer, passwordKey } from './layout.ts';
export { readEncrypted, type Encrypted } from './read.ts';
export { unlock, type ImageKeys } from './unlock.ts';
