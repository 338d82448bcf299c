import { startCheckout } from '@spillway/infra/local/start-process'

const stopGraceMs = 20_000

/**
 * Runs `npm start` in a copy of the checkout until a note was created and read.
 *
 * @throws Error with the last lines of `npm start` if it does not start, or answers otherwise
 */
export async function serveOne(folder: string, onLine: (line: string) => void): Promise<void> {
  const { child, edgeUrl } = await startCheckout(folder, folder, { onLine })
  try {
    await createAndRead(`${edgeUrl}/v1/notes`)
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    throw new Error(`${(error as Error).message}:\n${child.tail()}`, { cause: error })
  } finally {
    await child.stop(stopGraceMs)
  }
}

async function createAndRead(notes: string): Promise<void> {
  const made = await fetch(notes, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"hello"}',
  })
  if (made.status !== 201) throw new Error(`POST ${notes}: ${made.status} ${await made.text()}`)
  const location = new URL(made.headers.get('location') ?? '', notes)
  const read = await fetch(location)
  // The cast is safe: an absent member is undefined.
  const shown = (await read.json()) as { text?: unknown }
  if (shown.text !== 'hello') throw new Error(`GET ${location}: ${read.status} ${JSON.stringify(shown)}`)
}
