/** No reader needs as much at once, whatever its input says. */
const most = 256 * 2 ** 20;

function check(size: unknown): void {
  if (typeof size === 'number' && size > most) throw new Error(`${size} bytes are allocated at once`);
}

/** Makes every larger allocation of bytes an error, which no reader expects. */
export function guardAllocations(): void {
  for (const name of ['Uint8Array', 'Uint16Array', 'Uint32Array', 'ArrayBuffer'] as const) {
    const guarded: object = new Proxy<new (...args: never[]) => object>(globalThis[name], {
      construct(target, args: unknown[], newTarget): object {
        check(args[0]);
        return Reflect.construct(target, args, newTarget === guarded ? target : newTarget) as object;
      },
    });
    Object.defineProperty(globalThis, name, { value: guarded });
  }
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name].bind(Buffer);
    Object.defineProperty(Buffer, name, {
      value: (size: number, ...rest: []) => {
        check(size);
        return original(size, ...rest);
      },
    });
  }
}
