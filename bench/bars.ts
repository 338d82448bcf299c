/** One bar: a number that a command of this folder measures, and the limit that it has to keep. */
export interface Bar {
  readonly name: string
  readonly limit: number
  /** `>=`: at least the limit; `<=`: at most. */
  readonly holds: '>=' | '<='
}

/** Every limit of the project's measurements, in one place. */
export const bars = {
  /** Share of the `required` tests of http-cache-tests that a proxy can pass, and ours does. */
  httpCacheRequired: { name: 'http-cache-required-percent', limit: 97, holds: '>=' },
  /** Share of its `optimal` tests. */
  httpCacheOptimal: { name: 'http-cache-optimal-percent', limit: 80, holds: '>=' },
  /** How many more `required` tests ours passes than the best cache whose results the suite ships. */
  httpCacheRequiredLead: { name: 'http-cache-required-lead', limit: 1, holds: '>=' },
  /** The same of its `optimal` tests. */
  httpCacheOptimalLead: { name: 'http-cache-optimal-lead', limit: 1, holds: '>=' },
  /** Tests that fail without a reason on file, and reasons on file for tests that pass. */
  httpCacheUnexplained: { name: 'http-cache-unexplained', limit: 0, holds: '<=' },
} as const satisfies Readonly<Record<string, Bar>>
