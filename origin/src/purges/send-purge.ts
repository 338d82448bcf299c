import { createHmac } from 'node:crypto'
import { purgeBody, purgeCall, purgeSignature, signedText } from '@spillway/origin/contract'

export interface EdgeAddress {
  /** Base URL without a trailing slash. */
  readonly url: string
  readonly purgeKey: string
}

const timeoutMs = 10_000

/** Sends one call. @returns what went wrong, without the address */
export async function sendPurge(
  { url, purgeKey }: EdgeAddress,
  tags: readonly string[],
): Promise<string | undefined> {
  const body = purgeBody(tags)
  const seconds = Math.floor(Date.now() / 1_000)
  const digest = createHmac('sha256', purgeKey).update(signedText(seconds, body)).digest('hex')
  try {
    const answer = await fetch(url + purgeCall.path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [purgeCall.signature]: purgeSignature(seconds, digest),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await answer.arrayBuffer()
    return answer.status === 204 ? undefined : `status ${answer.status}`
  } catch (error) {
    return error instanceof Error ? error.name : 'no answer'
  }
}
