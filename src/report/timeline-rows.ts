import type { Markup } from './markup.ts';
import { html } from './markup.ts';
import type { StepTimes, Timeline } from './timeline.ts';
import { formatDuration } from '../text/format.ts';

/** The width of a drawing in its own units; it is stretched to what room there is. */
const width = 1000;

/**
 * A row a step: its name, its bar, its time. The bar is told in words too. Where workers made some, the rows of each
 * machine stand together below its name.
 */
export function timelineRows(timeline: Timeline): Markup[] {
  const begun = timeline.steps.filter(({ outcome }) => outcome !== 'not begun');
  const workers = [...new Set(begun.flatMap(({ worker }) => worker ?? []))].sort();
  if (workers.length === 0) return rows(begun, timeline);
  const here = begun.filter(({ worker }) => worker === undefined);
  return [
    ...(here.length === 0 ? [] : [lane('this machine'), ...rows(here, timeline)]),
    ...workers.flatMap((name) => [
      lane(name),
      ...rows(
        begun.filter(({ worker }) => worker === name),
        timeline,
      ),
    ]),
  ];
}

function lane(machine: string): Markup {
  return html`<tr>
    <th scope="rowgroup" colspan="3">${machine}</th>
  </tr>`;
}

function rows(
  steps: readonly StepTimes[],
  { length, criticalPath }: Pick<Timeline, 'length' | 'criticalPath'>,
): Markup[] {
  const scale = width / Math.max(length, 1);
  return steps.map(
    (step) =>
      html`<tr>
        <th scope="row">
          ${step.name}${criticalPath.includes(step.name) ? html` <abbr title="on the critical path">◆</abbr>` : undefined}
        </th>
        <td class="bar">${bar(step, scale)}</td>
        <td class="number">
          ${step.outcome === 'cached' ? 'cached' : formatDuration(step.end - step.begin)}
        </td>
      </tr>`,
  );
}

function bar(step: StepTimes, scale: number): Markup {
  const words = step.spans.map(({ phase, from, to }) => `${phase} ${formatDuration(to - from)}`).join(', ');
  const title = words === '' ? step.outcome : words;
  const parts = step.spans.map(({ phase, from, to }) => {
    const kind = phase === 'running' ? step.outcome : phase;
    return html`<rect
      class="${kind}"
      x="${units(from * scale)}"
      y="2"
      width="${units(Math.max((to - from) * scale, 1.5))}"
      height="12"
    />`;
  });
  const cached =
    step.outcome === 'cached'
      ? html`<rect
          class="cached"
          x="${units(Math.min(step.end * scale, width - 3))}"
          y="2"
          width="3"
          height="12"
        />`
      : undefined;
  return html`<svg viewBox="0 0 ${width} 16" preserveAspectRatio="none" role="img" aria-label="${title}">
    <title>${title}</title>
    ${parts}${cached}
  </svg>`;
}

const units = (value: number): string => value.toFixed(1);
