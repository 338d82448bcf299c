/** Types of the parts of the suite that are used here; the package has none. */
declare module 'http-cache-tests/server/handle-*.mjs' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export default function handle(path: string[], request: IncomingMessage, response: ServerResponse): void
}

declare module 'http-cache-tests/tests/*.mjs' {
  interface SuiteRequest {
    readonly disconnect?: boolean
    readonly expected_type?: string
  }
  interface SuiteTest {
    readonly id: string
    readonly name: string
    /** `required` when absent. */
    readonly kind?: 'required' | 'optimal' | 'check'
    readonly browser_only?: boolean
    readonly depends_on?: readonly string[]
    readonly requests: readonly SuiteRequest[]
  }
  interface Suite {
    readonly id: string
    readonly name: string
    readonly tests: readonly SuiteTest[]
  }
  const suites: Suite & Suite[]
  export default suites
}

declare module 'http-cache-tests/results/index.mjs' {
  const caches: readonly { readonly file: string; readonly name: string; readonly version: string }[]
  export default caches
}

declare module 'http-cache-tests/lib/display.mjs' {
  export function determineTestResult(
    suites: readonly unknown[],
    testId: string,
    results: Readonly<Record<string, unknown>>,
  ): readonly [icon: string, colour: string, symbol: string]
}
