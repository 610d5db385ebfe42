import type { Measured } from './read.ts';

const [width, left, right, row, top] = [720, 250, 70, 18, 64];
/** Of the axis; what is beyond is drawn to its end, and told in numbers. */
const [least, most] = [1 / 8, 8];

/** Bars from cidermill's own time, 1, to the right where the peer took longer; the axis is logarithmic. */
export function drawRatios(measured: readonly Measured[]): string {
  let y = top;
  const parts: string[] = [];
  for (const { title, ratios } of measured) {
    parts.push(text(8, y + 12, title, 'title'));
    y += row + 2;
    for (const { peer, ratio } of ratios) {
      const [from, to] = [at(1), at(ratio)].sort((a, b) => a - b) as [number, number];
      parts.push(
        text(left - 8, y + 12, peer, 'peer'),
        `<rect class="${ratio >= 1 ? 'slower' : 'faster'}" x="${from.toFixed(1)}" y="${y + 2}" width="${Math.max(1, to - from).toFixed(1)}" height="${row - 6}"/>`,
        text(width - 8, y + 12, `${ratio.toFixed(2)} ×`, 'number'),
      );
      y += row;
    }
    y += 6;
  }
  const ticks = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].flatMap((value) => [
    `<line class="${value === 1 ? 'one' : 'tick'}" x1="${at(value)}" x2="${at(value)}" y1="${top - 8}" y2="${y}"/>`,
    text(at(value), top - 12, value < 1 ? `1/${1 / value}` : String(value), 'scale'),
  ]);
  const words = 'Time that peers take, as a multiple of cidermill’s: right of 1 they take longer';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 8}" role="img" aria-label="${words}">
<style>
svg { background: #fff; font: 12px system-ui, sans-serif; }
text { fill: #1c1f23; } .peer, .number { text-anchor: end; } .scale { text-anchor: middle; fill: #59636e; }
.title { font-weight: 600; } .head { font-size: 14px; font-weight: 600; }
.slower { fill: #2f6f4f; } .faster { fill: #a4502a; } .tick { stroke: #d5d9de; } .one { stroke: #59636e; }
@media (prefers-color-scheme: dark) {
svg { background: #15181c; } text { fill: #e6e9ed; } .scale { fill: #9aa4ae; }
.slower { fill: #5fb38a; } .faster { fill: #e08a5f; } .tick { stroke: #30363d; } .one { stroke: #9aa4ae; }
}
</style>
${text(8, 22, words, 'head')}
${ticks.join('\n')}
${parts.join('\n')}
</svg>
`;
}

function at(ratio: number): number {
  const part = Math.log(Math.min(most, Math.max(least, ratio)) / least) / Math.log(most / least);
  return Math.round((left + part * (width - left - right)) * 10) / 10;
}

function text(x: number, y: number, words: string, kind: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');
  return `<text class="${kind}" x="${x}" y="${y}">${safe}</text>`;
}
