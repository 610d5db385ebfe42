/** Shown for an amount that is not known. */
export const unknown = '–';

/** A duration in milliseconds as people say it: `0.31 s`, `4.2 s`, `42 s`, `4 min 12 s`, `1 h 05 min`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return unknown;
  if (milliseconds < 995) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A time that is only estimated, in whole seconds: `9 s`, `1 min 34 s`. */
export function formatEstimate(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 10 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** A running clock of whole seconds passed: `0:07`, `12:34`, `1:02:03`. */
export function formatClock(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return unknown;
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = twoDigits(seconds % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in powers of 1024 with three digits or so: `512 B`, `1.5 KiB`, `256 KiB`, `4.7 GiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return unknown;
  const power = bytePower(bytes);
  return `${scaled(bytes, power)} ${byteUnits[power] ?? 'B'}`;
}

/** An amount of something done each second: `12.4 MiB/s`, `8.2 steps/s`, `3.0 milestones/min`. */
export function formatRate(perSecond: number, unit: string): string {
  if (!Number.isFinite(perSecond) || perSecond < 0) return unknown;
  if (unit === 'bytes') return `${formatBytes(perSecond)}/s`;
  if (perSecond > 0 && perSecond < 0.1) return `${decimal(perSecond * 60)} ${unit}/min`;
  return `${decimal(perSecond)} ${unit}/s`;
}

/** How much is done: `12.4 of 58.1 MiB`, `412 of 1283 steps`; without a total `12.4 MiB`, `412 steps`. */
export function formatAmount(done: number, total: number | undefined, unit: string, of = ' of '): string {
  if (unit !== 'bytes') return total === undefined ? `${done} ${unit}` : `${done}${of}${total} ${unit}`;
  if (total === undefined) return formatBytes(done);
  const power = bytePower(total);
  return `${scaled(done, power)}${of}${scaled(total, power)} ${byteUnits[power] ?? 'B'}`;
}

/** Done in whole percent, 100 only when all is done. */
export function formatPercent(done: number, total: number): string {
  if (total <= 0) return done >= total ? '100 %' : '0 %';
  return `${Math.min(100, Math.floor((done / total) * 100))} %`;
}

/** `1 step`, `7 steps`. */
export function formatCount(count: number, singular: string): string {
  return `${count} ${singular}${count === 1 ? '' : 's'}`;
}

/** The power of 1024 whose unit shows a number of bytes as less than 1024 after rounding. */
function bytePower(bytes: number): number {
  let power = 0;
  while (power < byteUnits.length - 1 && bytes / 1024 ** power >= (power === 0 ? 1024 : 1023.5)) power += 1;
  return power;
}

function scaled(bytes: number, power: number): string {
  const value = bytes / 1024 ** power;
  return power === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
}

function decimal(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
