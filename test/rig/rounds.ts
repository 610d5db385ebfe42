/** How often a property is tried: as often as said by `npm run test:all`, a quarter of that by `npm test`. */
export function rounds(all: number): number {
  return process.env['CIDERMILL_ROUNDS'] === 'all' ? all : Math.ceil(all / 4);
}
