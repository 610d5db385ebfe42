/** A disk on an AHCI bus. What the guest writes to it is thrown away. */
export function drive(id: string, file: string, format: string, bus: string, serial: string): string[] {
  return [
    ...['-drive', `if=none,id=${id},format=${format},snapshot=on,file=${optionValue(file)}`],
    ...['-device', `ide-hd,drive=${id},bus=${bus},serial=${serial}`],
  ];
}

/** QEMU ends an option's value at a comma unless there are two. */
export function optionValue(value: string): string {
  return value.replaceAll(',', ',,');
}
