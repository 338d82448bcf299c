import type { Answer } from './client.ts'

/** Outcome of a request whose handler a test has set. */
export interface Ran {
  readonly status: number
  readonly result: Answer['json']
  /** Message of the error that the handler got or threw. */
  readonly mistake: string | undefined
}

/**
 * Sends a request that runs a test's handler, and tells what the handler saw: its caller is told less.
 *
 * @param use makes the handler that of the next request
 */
export async function runHandler<Context>(
  handler: (context: Context) => unknown,
  use: (handler: (context: Context) => Promise<unknown>) => void,
  ask: () => Promise<Answer>,
): Promise<Ran> {
  let mistake: unknown
  use(async (context) => {
    try {
      return await handler(context)
    } catch (error) {
      mistake = error
      throw error
    }
  })
  const { status, json } = await ask()
  return { status, result: json.result, mistake: mistake instanceof Error ? mistake.message : undefined }
}
