import type { RunEvent, RunFile } from '../engine/index.ts';
import { formatBytes, formatCount, formatDuration } from '../text/format.ts';
import { html, type Markup } from './markup.ts';
import type { ProductParts } from './product-parts.ts';
import { timelineRows } from './timeline-rows.ts';
import type { StepTimes, Timeline } from './timeline.ts';

export function failures({ steps: all }: Timeline): Markup | undefined {
  const failed = all.flatMap(({ name, failure }) => (failure === undefined ? [] : [{ name, failure }]));
  if (failed.length === 0) return undefined;
  return html`<h2>What failed</h2>
    ${failed.map(
      ({ name, failure }) =>
        html`<h3>${name}</h3>
          <p class="failed">${failure.message}</p>
          ${failure.hint === undefined ? undefined : html`<p>Hint: ${failure.hint}</p>`}
          ${failure.tail.length === 0 ? undefined : html`<pre tabindex="0" aria-label="the end of the log of ${name}">${failure.tail.join('\n')}</pre>`}
          ${failure.log === undefined ? undefined : html`<p class="dim">The whole log: <code>${failure.log}</code></p>`}`,
    )}`;
}

export function products(parts: readonly ProductParts[], events: readonly RunEvent[]): Markup[] {
  const failed = events.flatMap((event) => (event.type === 'product-failed' ? [event] : []));
  return [
    ...failed.map(
      ({ product, message, hint }) =>
        html`<h2>${product}: <span class="failed">not published</span></h2>
          <p>${message}</p>
          ${hint === undefined ? undefined : html`<p>Hint: ${hint}</p>`}`,
    ),
    ...parts.map(product),
  ];
}

function product({ event, pictures, milestones, components, altered }: ProductParts): Markup {
  const digests = new Map(event.files.map(({ path, digest }) => [path, digest]));
  return html`<h2>What was made: ${event.product}</h2>
    <p class="dim"><code>${event.path}</code>${event.unchanged ? ', unchanged' : undefined}</p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">entry</th>
            <th scope="col">what it is</th>
            <th scope="col">sha256</th>
            <th scope="col" class="number">size</th>
          </tr>
        </thead>
        <tbody>
          ${event.entries.map(
            ({ path, type, size, files, summary }) =>
              html`<tr>
                <th scope="row"><code>${path}${type === 'directory' ? '/' : undefined}</code></th>
                <td>${summary}</td>
                <td><code>${type === 'directory' ? formatCount(files, 'file') : digests.get(path)}</code></td>
                <td class="number">${formatBytes(size)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      event.next.length === 0
        ? undefined
        : html`<p>What to do with it:</p>
            <pre tabindex="0" aria-label="commands">${event.next.join('\n')}</pre>`
    }
    ${altered.length === 0 ? undefined : html`<p class="stopped">Changed since this run, and therefore not shown: ${altered.join(', ')}</p>`}
    ${pictures.map(
      ({ path, data }) =>
        html`<figure>
          <img src="${data}" alt="the guest's screen, ${path}" />
          <figcaption class="dim">${path}</figcaption>
        </figure>`,
    )}
    ${
      milestones === undefined
        ? undefined
        : html`<h3>What the boot has seen</h3>
            <pre tabindex="0" aria-label="milestones">${milestones}</pre>`
    }
    ${
      components.length === 0
        ? undefined
        : html`<details>
            <summary>Bill of materials: ${formatCount(components.length, 'component')}</summary>
            <div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th scope="col">component</th>
                    <th scope="col">version</th>
                    <th scope="col">licence</th>
                  </tr>
                </thead>
                <tbody>
                  ${components.map(
                    ({ name, version, licence }) =>
                      html`<tr>
                        <td>${name}</td>
                        <td>${version}</td>
                        <td>${licence}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
          </details>`
    }`;
}

const legend = [
  ['done', 'running'],
  ['failed', 'failed'],
  ['fetching', 'fetching'],
  ['hashing', 'reading your file'],
  ['waiting', 'waiting'],
  ['cached', 'cached'],
] as const;

export function timelineSection(timeline: Timeline): Markup {
  const key = legend.map(
    ([kind, words]) =>
      html`<li>
        <svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${kind}" width="12" height="12" /></svg
        >${words}
      </li>`,
  );
  const path = timeline.criticalPath;
  return html`<h2>When</h2>
    <ul class="legend">
      ${key}
    </ul>
    ${path.length > 1 ? html`<p class="dim">◆ The end of the run has waited for ${path.join(', then ')}.</p>` : undefined}
    <table class="timeline">
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col">0 to ${formatDuration(timeline.length)}</th>
          <th scope="col" class="number">time</th>
        </tr>
      </thead>
      <tbody>
        ${timelineRows(timeline)}
      </tbody>
    </table>`;
}

export function steps({ steps: all }: Timeline): Markup {
  return html`<h2>What ran, and why</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">step</th>
            <th scope="col">result</th>
            <th scope="col">why</th>
            <th scope="col" class="number">time</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(stepRow)}
        </tbody>
      </table>
    </div>`;
}

function stepRow(step: StepTimes): Markup {
  const { name, outcome, why, notes, unchanged, milliseconds, saved } = step;
  const kind = outcome === 'done' || outcome === 'failed' || outcome === 'stopped' ? outcome : 'dim';
  const reason = outcome === 'cached' ? 'the store has its outputs' : undefined;
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="${kind}">${outcome}${unchanged ? ', same outputs as before' : undefined}</td>
    <td>
      ${reason}${list(why)}${notes.length === 0 ? undefined : html`<div class="dim">${list(notes)}</div>`}
    </td>
    <td class="number">
      ${milliseconds > 0 ? formatDuration(milliseconds) : saved > 0 ? html`<span class="dim">saved ${formatDuration(saved)}</span>` : undefined}
    </td>
  </tr>`;
}

function list(lines: readonly string[]): Markup | undefined {
  if (lines.length === 0) return undefined;
  return lines.length === 1
    ? html`<div>${lines[0]}</div>`
    : html`<ul class="plain">
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
}

/** Everything from outside that the steps were made from. */
export function materials({ header, made }: RunFile): Markup | undefined {
  const rows = header.steps.flatMap(({ name }) =>
    Object.entries(made.get(name)?.materials ?? {}).flatMap(([source, from]) =>
      from.map(({ uri, name: file, digest }) => ({ step: name, source, uri, file, digest })),
    ),
  );
  if (rows.length === 0) return undefined;
  return html`<h2>What it was made from</h2>
    <details>
      <summary>${formatCount(rows.length, 'source')}, each by its digest</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">step</th>
              <th scope="col">source</th>
              <th scope="col">digest</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ step, source, uri, file, digest }) =>
                html`<tr>
                  <td>${step}: ${source}</td>
                  <td><code>${uri}</code>${file === undefined ? undefined : html` ${file}`}</td>
                  <td>
                    <code
                      >${Object.entries(digest)
                        .map(([algorithm, value]) => `${algorithm}:${value}`)
                        .join(' ')}</code
                    >
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
}

export function machine({ machine: it, project }: RunFile['header']): Markup {
  return html`<h2>Where</h2>
    <p>
      ${it.cpus} × ${it.cpu}, ${formatBytes(it.memory)} of memory; kernel ${it.release}, ${it.platform};
      Node.js ${it.node}
    </p>
    <p class="dim">project <code>${project}</code></p>`;
}
