import { Failure } from '../../base/index.ts';

/** The first address that works; when none does, the failure of each is told, and a retry is worth it if one was temporary. */
export async function fromFirst<T>(urls: readonly string[], fetch: (url: string) => Promise<T>): Promise<T> {
  const failures: Failure[] = [];
  for (const url of urls) {
    try {
      return await fetch(url);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) throw new Failure('fetch-failed', 'no address to download it from was given');
  if (failures.length === 1) throw first;
  throw new Failure(first.code, failures.map((failure) => failure.message).join('\n'), {
    hint: first.hint,
    temporary: failures.some((failure) => failure.temporary),
    cause: first,
  });
}
