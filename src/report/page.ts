import type { RunFile } from '../engine/index.ts';
import { formatCount, formatDuration } from '../text/format.ts';
import { failures, machine, materials, products, steps, timelineSection } from './sections.ts';
import { html, Markup } from './markup.ts';
import type { ProductParts } from './product-parts.ts';
import { style } from './style.ts';
import type { Timeline } from './timeline.ts';

/** No request leaves the page: it has no script, and its pictures are in it. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A run as one page that needs nothing beside it. */
export function reportPage(run: RunFile, timeline: Timeline, parts: readonly ProductParts[]): string {
  const { header, events } = run;
  const end = events.find((event) => event.type === 'run-finished');
  const outcome = end?.outcome ?? 'not finished';
  const kind = outcome === 'done' ? 'done' : outcome === 'failed' ? 'failed' : 'stopped';
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${header.pipeline}: ${outcome}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <main>
          <h1>${header.pipeline} <span class="${kind}">${outcome}</span></h1>
          <p class="dim">
            run ${header.id}, ${new Date(timeline.start).toISOString().replace('T', ' ').slice(0, 19)} UTC,
            cidermill ${header.cidermill}
          </p>
          ${facts(timeline)} ${drift(end?.drifted ?? [])} ${failures(timeline)} ${products(parts, events)}
          ${timelineSection(timeline)} ${steps(timeline)} ${materials(run)} ${machine(header)}
        </main>
      </body>
    </html> `;
  return page.text;
}

function facts({ steps: all, length, criticalPath }: Timeline): Markup {
  const count = (outcome: string): number => all.filter((step) => step.outcome === outcome).length;
  const saved = all.reduce((sum, step) => sum + step.saved, 0);
  const slowest = all.reduce<(typeof all)[number] | undefined>(
    (most, step) => (step.milliseconds > (most?.milliseconds ?? 0) ? step : most),
    undefined,
  );
  const fact = (term: string, value: string): Markup =>
    html`<div>
      <dt>${term}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl class="facts">
    ${fact('time', formatDuration(length))}
    ${fact('steps', `${count('done')} run, ${count('cached')} cached`)}
    ${count('failed') > 0 ? fact('failed', formatCount(count('failed'), 'step')) : undefined}
    ${saved > 0 ? fact('saved by the cache', formatDuration(saved)) : undefined}
    ${slowest === undefined ? undefined : fact('slowest step', `${slowest.name}, ${formatDuration(slowest.milliseconds)}`)}
    ${criticalPath.length > 1 ? fact('critical path', formatCount(criticalPath.length, 'step')) : undefined}
  </dl>`;
}

function drift(
  drifted: readonly { readonly step: string; readonly changes: readonly string[] }[],
): Markup | undefined {
  if (drifted.length === 0) return undefined;
  const changes = [...new Set(drifted.flatMap((one) => one.changes))];
  return html`<h2 class="failed">Not the known-good toolchain</h2>
    <p>No archive has these pinned packages any more. Newer ones were used in their place:</p>
    <ul class="plain">
      ${changes.map((change) => html`<li>${change}</li>`)}
    </ul>`;
}
