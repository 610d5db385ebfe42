import { resolve } from 'node:path';
import { packageRoot } from '../../../host/index.ts';
import { findProject, type Plan, type Project } from '../../../recipe/index.ts';
import { errorEvents, isInterrupt } from '../../errors/error-event.ts';
import { jsonFile } from '../json-file.ts';
import type { Reporter } from '../reporter.ts';
import { tee } from '../tee.ts';
import { checkPlace } from '../write-text.ts';
import { reportFiles } from './files.ts';
import { checkoutPath, placesOf, type PlaceOf } from './places.ts';
import { ciSystem } from './system.ts';

export interface ReportOptions {
  /** The pipeline or recipe that was asked for. */
  readonly name: string;
  readonly junit?: string | undefined;
  readonly codeQuality?: string | undefined;
  /** Where events go beside the log. */
  readonly json?: string | undefined;
}

/** The files about a run, whether it runs or not. */
export interface Reports extends Reporter {
  /** Says where the steps are declared, as soon as that is known. */
  plan(plan: Plan, project: Project): void;
  readonly placeOf: PlaceOf;
  /**
   * Writes the files of a run that broke off, or did not begin. What cannot be written then is not told.
   * @param folder the one that the project was looked for from
   */
  fail(error: unknown, folder?: string): Promise<void>;
  /** @throws Failure 'cannot-write' */
  end(): Promise<void>;
}

/** Opens what a job's options and variables ask for. @throws Failure 'cannot-write' */
export function openReports({ name, json, ...files }: ReportOptions, env: NodeJS.ProcessEnv): Reports {
  const summary = ciSystem(env) === 'github' ? env['GITHUB_STEP_SUMMARY'] : undefined;
  for (const path of [files.junit, files.codeQuality]) if (path !== undefined) checkPlace(path);
  const reports = reportFiles(name, { ...files, summary: summary === '' ? undefined : summary });
  const events = json === undefined ? undefined : jsonFile(json);
  let placeOf: PlaceOf = () => undefined;
  const end = async (): Promise<void> => {
    await reports.write({ placeOf, fallback: `pipelines/${name}.yaml` }).finally(() => events?.end());
  };
  return {
    ...tee(events === undefined ? [reports] : [reports, events]),
    placeOf: (failure) => placeOf(failure),
    plan: (plan, project) => {
      placeOf = placesOf(plan, project, env);
    },
    fail: async (error, folder = '.') => {
      const { root } = findProject(resolve(folder), packageRoot);
      const faults = isInterrupt(error) ? [] : errorEvents(error, Date.now());
      for (const fault of faults) events?.add(fault);
      reports.fail(
        faults.map(({ file, ...fault }) => {
          const path = file === undefined ? undefined : checkoutPath(file, root, env);
          return path === undefined ? fault : { ...fault, file: path };
        }),
      );
      await end().catch(() => undefined);
    },
    end,
  };
}
